package boot

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"swarm/guest/protocol"
)

// Root is the file system that the agent's process lives in: a mount namespace of its own whose
// root is the overlay, so that nothing of guestd's can be reached from it.
type Root struct {
	// Namespace is the mount namespace, for setns.
	Namespace *os.File
	// Terminals is /dev/pts within it, for opening ptmx without trusting any path of the guest's.
	Terminals *os.File
}

const (
	imageDir = "/image"
	// DiskDir is where guestd mounts the machine's own disk.
	DiskDir = "/disk"
	rootDir = "/agent"
)

func mount(source, target, kind string, flags uintptr, data string) error {
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	if err := syscall.Mount(source, target, kind, flags, data); err != nil {
		return fmt.Errorf("mount %s: %w", target, err)
	}
	return nil
}

// mountOverlay mounts the rootfs with the machine's disk above it.
func mountOverlay(image, disk string) error {
	if err := mount(image, imageDir, "erofs", syscall.MS_RDONLY, ""); err != nil {
		return err
	}
	if err := mount(disk, DiskDir, "ext4", syscall.MS_NOATIME, ""); err != nil {
		return err
	}
	for _, dir := range []string{"upper", "work"} {
		if err := os.MkdirAll(filepath.Join(DiskDir, dir), 0o755); err != nil {
			return err
		}
	}
	options := "lowerdir=" + imageDir + ",upperdir=" + DiskDir + "/upper,workdir=" + DiskDir + "/work"
	return mount("overlay", rootDir, "overlay", syscall.MS_NODEV, options)
}

// makeRoot builds the agent's mount namespace in a thread that is thrown away afterwards: the open
// files in Root keep the namespace.
func makeRoot(config protocol.Config) (Root, error) {
	type result struct {
		root Root
		err  error
	}
	done := make(chan result)
	go func() {
		runtime.LockOSThread() // Never unlocked: the thread ends with this goroutine.
		root, err := enterNewRoot(config)
		done <- result{root, err}
	}()
	r := <-done
	return r.root, r.err
}

func enterNewRoot(config protocol.Config) (Root, error) {
	if err := syscall.Unshare(syscall.CLONE_FS | syscall.CLONE_NEWNS); err != nil {
		return Root{}, fmt.Errorf("unshare: %w", err)
	}
	namespace, err := os.Open("/proc/thread-self/ns/mnt")
	if err != nil {
		return Root{}, err
	}
	names, err := openNames(config)
	if err != nil {
		return Root{}, err
	}
	if err := syscall.Chdir(rootDir); err != nil {
		return Root{}, err
	}
	if err := syscall.Mount(".", "/", "", syscall.MS_MOVE, ""); err != nil {
		return Root{}, fmt.Errorf("move root: %w", err)
	}
	if err := syscall.Chroot("."); err != nil {
		return Root{}, err
	}
	if err := syscall.Chdir("/"); err != nil {
		return Root{}, err
	}
	for _, step := range []func() error{mountKernelFiles, mountDevices, hideKernelFiles} {
		if err := step(); err != nil {
			return Root{}, err
		}
	}
	if err := bindNames(names); err != nil {
		return Root{}, err
	}
	if err := mountTrust(config.Egress); err != nil {
		return Root{}, err
	}
	terminals, err := os.Open("/dev/pts")
	return Root{Namespace: namespace, Terminals: terminals}, err
}

const quiet = syscall.MS_NOSUID | syscall.MS_NOEXEC | syscall.MS_NODEV

func mountKernelFiles() error {
	if err := mount("proc", "/proc", "proc", quiet, ""); err != nil {
		return err
	}
	if err := mount("sysfs", "/sys", "sysfs", quiet|syscall.MS_RDONLY, ""); err != nil {
		return err
	}
	return mount("cgroup2", "/sys/fs/cgroup", "cgroup2", quiet|syscall.MS_RDONLY, "")
}

// Unmount makes the disk read-only, so that its file system is whole when the machine is gone.
func Unmount() {
	syscall.Sync()
	_ = syscall.Mount("", DiskDir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, "")
}
