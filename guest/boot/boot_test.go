package boot

import (
	"strings"
	"testing"

	"swarm/guest/protocol"
)

func TestKindOf(t *testing.T) {
	drive := func(at int, bytes ...byte) []byte {
		head := make([]byte, 2048)
		copy(head[at:], bytes)
		return head
	}
	cases := map[string][]byte{
		"config": drive(0, []byte(protocol.ConfigMagic)...),
		"image":  drive(1024, 0xe2, 0xe1, 0xf5, 0xe0),
		"disk":   drive(1080, 0x53, 0xef),
	}
	for want, head := range cases {
		if got := kindOf(head); got != want {
			t.Errorf("%s: got %q", want, got)
		}
	}
	for _, head := range [][]byte{nil, make([]byte, 10), make([]byte, 2048), drive(0, []byte("SWARMCFG2\n")...)} {
		if got := kindOf(head); got != "" {
			t.Errorf("%d bytes: got %q", len(head), got)
		}
	}
}

func TestParseConfig(t *testing.T) {
	good := `{"version":1,"machineId":"m","token":"` + strings.Repeat("a", 64) + `","hostname":"h","guestdPort":61707}`
	config, err := parseConfig([]byte(protocol.ConfigMagic + good + strings.Repeat("\x00", 100)))
	if err != nil || config.MachineID != "m" || config.GuestdPort != 61707 {
		t.Errorf("%+v, %v", config, err)
	}
	for old, bad := range map[string]string{`"version":1`: `"version":2`, strings.Repeat("a", 64): "short", "61707": "0", `{"version"`: "x"} {
		if _, err := parseConfig([]byte(protocol.ConfigMagic + strings.Replace(good, old, bad, 1))); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}

func TestModuleParameters(t *testing.T) {
	const line = "quiet virtio_mmio.device=4K@0xd0000000:5 virtio-mmio.device=4K@0xd0001000:6 virtio_mmio_x.y=1 overlay.a=b"
	for module, want := range map[string]string{
		"virtio_mmio": "device=4K@0xd0000000:5 device=4K@0xd0001000:6",
		"virtio-mmio": "device=4K@0xd0000000:5 device=4K@0xd0001000:6",
		"overlay":     "a=b", "erofs": "",
	} {
		if got := moduleParameters(line, module); got != want {
			t.Errorf("%s: %q", module, got)
		}
	}
}

func TestPidsLimit(t *testing.T) {
	for mib, want := range map[uint64]string{64: "512", 512: "2048", 4096: "16384", 65536: "16384"} {
		if got := pidsLimit(mib << 20); got != want {
			t.Errorf("%d MiB: %s", mib, got)
		}
	}
}
