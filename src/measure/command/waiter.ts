/**
 * The shell that starts a measured command and waits for it. It joins the command's control group, says that it is ready
 * (and which process guards descriptor 4), starts the command when it is told to, says how it ended, and then stays until its accounts have been read: the kernel
 * adds what a waited-for child used and wrote to those of its waiter.
 *
 * Descriptor 3 is the conversation. Nothing is ever sent on descriptor 4, but its end is the end of the runner: then the
 * whole process group is killed, since nobody is left to wait for it. The command gets neither. A process of the same user
 * may still take descriptors from another (pidfd_getfd(2)): so the end is believed only with a word that the shell is given
 * just before the start, and that is in no argument list and no environment.
 */
const COMMON = `
if [ -n "$1" ]; then echo $$ >"$1" || { echo refused >&3; read -r _ <&3; exit 1; }; fi
shift
{ read -r _ <&4; kill -KILL 0; } >/dev/null 2>&1 &
echo "ready $!" >&3
# Not to be exported, whatever the environment holds.
set +a
unset perf_ci_word
read -r perf_ci_word <&3 || exit 1
`;
const END = `
status=$?
echo "end $status $perf_ci_word" >&3
read -r _ <&3
exit 0
`;

/** Any POSIX shell. */
const PLAIN = `${COMMON}"$@" 3>&- 4>&-${END}`;
/** Bash, whose \`time\` tells what the kernel tells it of waited-for children (getrusage(2)), in milliseconds. */
const TIMED = `${COMMON}TIMEFORMAT='time %U %S'
{ time "$@" 2>&5 3>&- 4>&- 5>&-; } 5>&2 2>&3${END}`;

/** The argument list of the waiter. @param joinFile `cgroup.procs` of the group to join; '' for none */
export function waiterCommand(
  shell: { path: string; isBash: boolean },
  joinFile: string,
  command: readonly string[],
): string[] {
  return [shell.path, '-c', shell.isBash ? TIMED : PLAIN, 'perf-ci', joinFile, ...command];
}

/** The pid of the guard, from the line `ready PID`; undefined while there is none. */
export function parseReady(text: string): number | undefined {
  const pid = /^ready (\d{1,10})\n/.exec(text)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

export interface WaiterEnd {
  status: number;
  /** From bash only, microseconds. */
  times?: { userUs: number; systemUs: number };
  /** What the waiter itself has written on descriptor 3, bytes. */
  ownBytes: number;
}

/** `0m1.234s` or `1.234` as microseconds; some locales write a comma. */
function microseconds(text: string): number | undefined {
  const [, minutes = '0', seconds] = /^(?:(\d{1,9})m)?(\d{1,9}[.,]\d{1,6})s?$/.exec(text) ?? [];
  return seconds === undefined
    ? undefined
    : Math.round((Number(minutes) * 60 + Number(seconds.replace(',', '.'))) * 1e6);
}

/** Whether the waiter said that it may not join its group. */
export function isRefused(text: string): boolean {
  return text === 'refused\n';
}

/**
 * Reads what the waiter said after `ready`; undefined while the end is not in it.
 * @param word that the waiter was given: a line without it is not the waiter's
 */
export function parseWaiterEnd(text: string, word: string): WaiterEnd | undefined {
  const ends = [...text.matchAll(/^end (\d{1,3}) (\S+)\n/gm)];
  const status = ends.find(([, , said]) => said === word)?.[1];
  if (status === undefined) return undefined;
  // The last one: what stands before it another process may have written.
  const [, user, system] = [...text.matchAll(/^time (\S+) (\S+)$/gm)].at(-1) ?? [];
  const [userUs, systemUs] = [microseconds(user ?? ''), microseconds(system ?? '')];
  return {
    status: Number(status),
    ...(userUs === undefined || systemUs === undefined ? {} : { times: { userUs, systemUs } }),
    ownBytes: Buffer.byteLength(text),
  };
}
