/** Where a control group of one's own can be made, read from what the kernel says of its mounts. Pure. */

/** A folder in which control groups for services can be made. */
export interface GroupPlace {
  version: 1 | 2;
  folder: string;
}

interface Mount {
  /** The folder of the file system that is mounted, seen from the file system's own root. */
  root: string;
  at: string;
  type: string;
  options: string[];
}

/** Lines of /proc/PID/mountinfo (proc_pid_mountinfo(5)); blanks in paths are written as \040. */
function parseMounts(mountInfo: string): Mount[] {
  return mountInfo.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root, at] = before.split(' ');
    const [type, , options = ''] = after.split(' ');
    if (root === undefined || at === undefined || type === undefined) return [];
    return [{ root: unescape(root), at: unescape(at), type, options: options.split(',') }];
  });
}

function unescape(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** The folder of `path` (from /proc/self/cgroup) below a mount; the mount itself when it shows only other groups. */
function below(mount: Mount, path: string): string {
  const root = mount.root === '/' ? '' : mount.root;
  // A container often sees its own group as the root of the mount, and paths outside of it as /../x.
  const rest = path === root || path.startsWith(`${root}/`) ? path.slice(root.length) : '';
  return `${mount.at}${rest === '/' || rest.includes('/..') ? '' : rest}`;
}

/**
 * The folders where a control group that counts CPU time could be made, best first: version 2 below this process's own
 * group, then version 1's cpuacct (Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/cpuacct.rst). Whether they
 * can be written is for the caller to try.
 * @param mountInfo text of /proc/self/mountinfo
 * @param ownGroups text of /proc/self/cgroup
 */
export function groupPlaces(mountInfo: string, ownGroups: string): GroupPlace[] {
  const mounts = parseMounts(mountInfo);
  const own = ownGroups.split('\n').map((line) => {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    return { controllers: controllers.split(','), path };
  });
  const places: GroupPlace[] = [];
  const two = mounts.find(({ type }) => type === 'cgroup2');
  const ownTwo = own.find(({ controllers, path }) => path !== '' && controllers.join() === '');
  if (two !== undefined && ownTwo !== undefined) places.push({ version: 2, folder: below(two, ownTwo.path) });
  const one = mounts.find(({ type, options }) => type === 'cgroup' && options.includes('cpuacct'));
  const ownOne = own.find(({ controllers }) => controllers.includes('cpuacct'));
  if (one !== undefined && ownOne !== undefined) places.push({ version: 1, folder: below(one, ownOne.path) });
  return places;
}
