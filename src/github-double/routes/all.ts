import type { Route } from '../http/route.ts';
import { appRoutes } from './apps.ts';
import { checkRoutes } from './checks.ts';
import { commentRoutes } from './comments.ts';
import { contentRoutes } from './contents.ts';
import { type SentDeliveries, deliveryRoutes } from './deliveries.ts';
import { historyRoutes } from './history.ts';
import { pullRoutes } from './pulls.ts';
import { repositoryRoutes } from './repositories.ts';

/** Everything that the double serves of GitHub's REST API. */
export function allRoutes(deliveries: SentDeliveries): Route[] {
  return [
    ...appRoutes,
    ...deliveryRoutes(deliveries),
    ...repositoryRoutes,
    ...historyRoutes,
    ...contentRoutes,
    ...pullRoutes,
    ...commentRoutes,
    ...checkRoutes,
  ];
}
