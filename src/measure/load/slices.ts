/** Slices of the open loop for each side. Few, since each waits for its last answers; more than one, since noise lasts seconds. */
export const OPEN_SLICES = 4;
/** Slices of the closed loop for each side; what {@link sliceOrder} has. */
export const CLOSED_SLICES = 4;
/** A slice of the closed loop that lasts longer is cut off: its rate is known by then. */
export const CLOSED_SLICE_LIMIT_MS = 10_000;
/** How far behind its schedule an open generator gives up: it can only send a burst then, which nobody asked for. */
export const GIVE_UP_BEHIND_MS = 1000;
