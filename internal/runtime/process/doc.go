// Package process runs services as plain child processes that outlive the command.
//
// # What a service of the model can say
//
// Entrypoint and Command are the program (absolute, or looked for on PATH) and its arguments.
// Environment is the whole environment, besides the caller's PATH, HOME and TMPDIR, CCDEV_SERVICE
// (and what /bin/sh adds of itself, such as PWD): a developer's CORE_* variables do not leak in. WorkingDir
// is by default the service's own folder, data/NAME. StopSignal (SIGTERM) and StopGracePeriod
// (5 s) are as in compose, Restart too, where it is no or on-failure. DependsOn is an order and no more.
//
// Nothing stands between a service and the machine, so these are faults where the service would
// not find what it asks for:
//   - no command, even when there is an image or a build that would have one;
//   - a config or secret that is no file, or whose target is another path than the file's;
//   - a bind mount whose target is another path than its source;
//   - a volume whose target lies outside of the data folder; inside, the folder is created;
//   - a tmpfs or image mount;
//   - a working directory that does not exist; in the data folder it is created;
//   - a port published under another number than the service listens on;
//   - a variable whose name is no shell identifier: /bin/sh would drop it.
//
// All the rest is ignored: it changes where or how strictly a service is shut in, not what it
// does: networks, hostname, user, limits, capabilities, healthcheck, labels, logging.
//
// # What is kept, below the state folder
//
//	run/NAME.json   the record: what was started, as which process
//	run/NAME.pid    the program's pid, written by the service's own shell just before it becomes the program
//	run/NAME.exit   the program's exit code, written by the shell that waits for it
//	logs/NAME.log   stdout and stderr, in the order they were written
//	data/NAME       data
//
// A log goes on through restarts, so that the lines of a crash stay; a start cuts one above
// 64 MiB. It stays after Stop, and goes with Remove.
//
// # How a service is started
//
// A shell is started in a session of its own, and waits for a line on its stdin. Its pid and time
// of birth are recorded, and only then the line is sent. So there is no moment at which killing
// ccdev leaves a process that no record names: without the line the shell reads end of file, and
// ends. The shell runs the program, notes its exit code, and kills what is left of its group.
//
// A process is recognised by its pid and its birth, so that a reused pid is never signalled. When
// somebody kills the shell alone, the program's own pid still tells the truth, except for the exit
// code, which nobody saw then. When somebody kills both, children that the program left behind are
// told from strangers by CCDEV_SERVICE, which names this one start, where a system shows a
// process's environment: on Linux. The next start or stop ends them.
package process
