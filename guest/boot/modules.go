package boot

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unsafe"
)

const sysFinitModule = 313

// moduleParameters picks the parameters of one module from the kernel's command line:
// "virtio_mmio.device=X" is "device=X" for virtio_mmio. The kernel itself does this only for
// drivers that are built in.
func moduleParameters(commandLine, module string) string {
	prefix := strings.ReplaceAll(module, "-", "_") + "."
	var found []string
	for _, word := range strings.Fields(commandLine) {
		if strings.HasPrefix(strings.ReplaceAll(word, "-", "_"), prefix) {
			found = append(found, word[len(prefix):])
		}
	}
	return strings.Join(found, " ")
}

// loadModules loads the files named in /modules/order, in that order, and frees their memory in
// the initramfs. A module that is loaded already is no error.
func loadModules(commandLine string) error {
	order, err := os.ReadFile("/modules/order")
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, file := range strings.Fields(string(order)) {
		path := filepath.Join("/modules", file)
		name := strings.TrimSuffix(file, ".ko")
		if err := loadModule(path, moduleParameters(commandLine, name)); err != nil {
			return fmt.Errorf("module %s: %w", name, err)
		}
		_ = os.Remove(path)
	}
	return nil
}

func loadModule(path, parameters string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	text, err := syscall.BytePtrFromString(parameters)
	if err != nil {
		return err
	}
	_, _, errno := syscall.Syscall(sysFinitModule, file.Fd(), uintptr(unsafe.Pointer(text)), 0)
	if errno != 0 && errno != syscall.EEXIST {
		return errno
	}
	return nil
}
