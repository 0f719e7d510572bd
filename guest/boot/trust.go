package boot

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"swarm/guest/protocol"
)

// bundles are where images keep the authorities that their programs trust: Debian, Red Hat and
// others, Alpine and others.
var bundles = []string{
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"/etc/ssl/ca-bundle.pem",
	"/etc/ssl/cert.pem",
}

// maxBundle is many times what bundles have.
const maxBundle = 4 << 20

// mountTrust puts the authority, alone and together with the image's own, into memory that nobody
// in the agent's root can write to. It runs with that root as its own.
func mountTrust(egress *protocol.Egress) error {
	if egress == nil {
		return nil
	}
	if err := makeTrustPlace(); err != nil {
		// A full disk is no reason not to boot.
		fmt.Printf("guestd: %s is left out: %v\n", protocol.AuthorityDir, err)
		return nil
	}
	authority := []byte(egress.Authority)
	if !bytes.HasSuffix(authority, []byte("\n")) {
		authority = append(authority, '\n')
	}
	files := map[string][]byte{
		protocol.AuthorityPath: authority, protocol.AuthorityBundle: append(imageBundle(), authority...),
	}
	if err := syscall.Mount("tmpfs", protocol.AuthorityDir, "tmpfs", quiet, "mode=755,size=8m"); err != nil {
		return fmt.Errorf("mount %s: %w", protocol.AuthorityDir, err)
	}
	for path, content := range files {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	if err := syscall.Mount("", protocol.AuthorityDir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY|quiet, ""); err != nil {
		return fmt.Errorf("protect %s: %w", protocol.AuthorityDir, err)
	}
	return nil
}

// makeTrustPlace makes sure that the folder is one, whatever an image has there.
func makeTrustPlace() error {
	if err := os.MkdirAll(filepath.Dir(protocol.AuthorityDir), 0o755); err != nil {
		return err
	}
	info, err := os.Lstat(protocol.AuthorityDir)
	if err == nil && info.IsDir() {
		return nil
	}
	if err == nil {
		if err := os.Remove(protocol.AuthorityDir); err != nil {
			return err
		}
	}
	return os.Mkdir(protocol.AuthorityDir, 0o755)
}

// imageBundle is the first one that the image has, with a final newline; empty when it has none.
func imageBundle() []byte {
	for _, path := range bundles {
		if content := readRegular(path); len(content) > 0 {
			if !bytes.HasSuffix(content, []byte("\n")) {
				content = append(content, '\n')
			}
			return content
		}
	}
	return nil
}

// readRegular reads a file of bounded size; nil when it is anything else, such as a pipe that
// would never end.
func readRegular(path string) []byte {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() || info.Size() > maxBundle {
		return nil
	}
	content, err := io.ReadAll(io.LimitReader(file, maxBundle))
	if err != nil {
		return nil
	}
	return content
}
