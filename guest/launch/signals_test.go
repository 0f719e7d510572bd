package launch

import (
	"syscall"
	"testing"
)

func TestSignals(t *testing.T) {
	cases := map[string]syscall.Signal{
		"SIGTERM": 15, "term": 15, " 15 ": 15, "sigquit": 3, "SIGRTMIN": 34, "SIGRTMIN+3": 37,
		"RTMAX-1": 63, "37": 37,
	}
	for text, want := range cases {
		if got, ok := ParseSignal(text); !ok || got != want {
			t.Errorf("%q: %d, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "0", "65", "-1", "SIGNOPE", "SIGRTMIN+99", "SIGRTMINx", "SIGRTMAX+1"} {
		if got, ok := ParseSignal(text); ok {
			t.Errorf("%q is signal %d", text, got)
		}
	}
	for number := syscall.Signal(1); number <= 64; number++ {
		if number == 32 || number == 33 {
			continue // The C library's own.
		}
		if got, ok := ParseSignal(SignalName(number)); !ok || got != number {
			t.Errorf("%d is named %s, which is %d", number, SignalName(number), got)
		}
	}
}

func TestKeptCapabilities(t *testing.T) {
	const dockerDefault, mknod = 0xa80425fb, 1 << 27
	if keptMask() != dockerDefault&^mknod {
		t.Errorf("kept %x", keptMask())
	}
}
