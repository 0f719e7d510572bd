package boot

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"swarm/guest/protocol"
)

func TestReadRegular(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(at("file"), []byte("certificates"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(at("file"), 12); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at("huge"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_ = os.Truncate(at("huge"), maxBundle+1)
	_ = syscall.Mkfifo(at("pipe"), 0o644)
	_ = os.Symlink("file", at("link"))
	_ = os.Symlink("loop", at("loop"))
	for name, want := range map[string]string{
		"file": "certificates", "link": "certificates", "huge": "", "pipe": "", "loop": "", "absent": "", ".": "",
	} {
		if got := string(readRegular(at(name))); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestEgressConfig(t *testing.T) {
	const certificate = `-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`
	parse := func(egress string) (protocol.Config, error) {
		return parseConfig([]byte(protocol.ConfigMagic + `{"version":1,"machineId":"m","token":"` +
			strings.Repeat("a", 64) + `","hostname":"h","guestdPort":61707,"egress":` + egress + `}`))
	}
	config, err := parse(`{"proxyPort":61708,"authority":"` + certificate + `"}`)
	if err != nil || config.Egress.ProxyPort != 61708 {
		t.Errorf("%+v %v", config, err)
	}
	if config, err := parse("null"); err != nil || config.Egress != nil {
		t.Errorf("%+v %v", config, err)
	}
	for _, bad := range []string{
		`{}`, `{"proxyPort":0,"authority":"` + certificate + `"}`, `{"proxyPort":61708,"authority":""}`,
		`{"proxyPort":61708,"authority":"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}`,
	} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}

func TestImageBundle(t *testing.T) {
	dir := t.TempDir()
	known := bundles
	defer func() { bundles = known }()
	bundles = []string{filepath.Join(dir, "first"), filepath.Join(dir, "second"), filepath.Join(dir, "third")}
	if got := imageBundle(); len(got) != 0 {
		t.Errorf("an image without one: %q", got)
	}
	for name, content := range map[string]string{"first": "", "second": "no newline", "third": "other\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// The authority's own lines follow: it must not begin on the last one of these.
	if got := string(imageBundle()); got != "no newline\n" {
		t.Errorf("%q", got)
	}
}
