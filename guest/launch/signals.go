package launch

import (
	"strconv"
	"strings"
	"syscall"
)

var signalNumbers = map[string]syscall.Signal{
	"SIGHUP": 1, "SIGINT": 2, "SIGQUIT": 3, "SIGILL": 4, "SIGTRAP": 5, "SIGABRT": 6, "SIGBUS": 7,
	"SIGFPE": 8, "SIGKILL": 9, "SIGUSR1": 10, "SIGSEGV": 11, "SIGUSR2": 12, "SIGPIPE": 13,
	"SIGALRM": 14, "SIGTERM": 15, "SIGSTKFLT": 16, "SIGCHLD": 17, "SIGCONT": 18, "SIGSTOP": 19,
	"SIGTSTP": 20, "SIGTTIN": 21, "SIGTTOU": 22, "SIGURG": 23, "SIGXCPU": 24, "SIGXFSZ": 25,
	"SIGVTALRM": 26, "SIGPROF": 27, "SIGWINCH": 28, "SIGIO": 29, "SIGPWR": 30, "SIGSYS": 31,
}

const realtimeBase, realtimeLast = 34, 64

// ParseSignal reads a signal as an image's STOPSIGNAL may name it: SIGTERM, TERM, 15, SIGRTMIN+3.
func ParseSignal(text string) (syscall.Signal, bool) {
	name := strings.ToUpper(strings.TrimSpace(text))
	if number, err := strconv.Atoi(name); err == nil {
		return syscall.Signal(number), number >= 1 && number <= realtimeLast
	}
	if !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	if signal, ok := signalNumbers[name]; ok {
		return signal, true
	}
	for prefix, base := range map[string]int{"SIGRTMIN": realtimeBase, "SIGRTMAX": realtimeLast} {
		if !strings.HasPrefix(name, prefix) {
			continue
		}
		rest := strings.TrimPrefix(name, prefix)
		offset := 0
		if rest != "" {
			var err error
			if offset, err = strconv.Atoi(rest); err != nil {
				return 0, false
			}
		}
		number := base + offset
		return syscall.Signal(number), number >= realtimeBase && number <= realtimeLast
	}
	return 0, false
}

// SignalName is the inverse of ParseSignal.
func SignalName(signal syscall.Signal) string {
	for name, number := range signalNumbers {
		if number == signal {
			return name
		}
	}
	if signal >= realtimeBase {
		return "SIGRTMIN+" + strconv.Itoa(int(signal)-realtimeBase)
	}
	return "SIG" + strconv.Itoa(int(signal))
}
