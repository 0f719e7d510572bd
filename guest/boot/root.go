package boot

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
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
	if err := writeNames(config); err != nil {
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

// mountDevices makes /dev as Docker does: only devices that are harmless.
func mountDevices() error {
	if err := mount("tmpfs", "/dev", "tmpfs", syscall.MS_NOSUID|syscall.MS_STRICTATIME, "mode=755,size=65536k"); err != nil {
		return err
	}
	devices := []struct {
		name         string
		major, minor int
	}{{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}}
	for _, device := range devices {
		path := "/dev/" + device.name
		if err := syscall.Mknod(path, syscall.S_IFCHR|0o666, device.major<<8|device.minor); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := os.Chmod(path, 0o666); err != nil {
			return err
		}
	}
	if err := mount("devpts", "/dev/pts", "devpts", syscall.MS_NOSUID|syscall.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5"); err != nil {
		return err
	}
	if err := mount("shm", "/dev/shm", "tmpfs", quiet, "mode=1777,size=65536k"); err != nil {
		return err
	}
	if err := mount("mqueue", "/dev/mqueue", "mqueue", quiet, ""); err != nil {
		return err
	}
	links := map[string]string{
		"ptmx": "pts/ptmx", "fd": "/proc/self/fd", "stdin": "/proc/self/fd/0",
		"stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2",
	}
	for name, target := range links {
		if err := os.Symlink(target, "/dev/"+name); err != nil {
			return err
		}
	}
	return nil
}

// hideKernelFiles protects, as Docker does, the files of /proc through which root in the guest
// could act on the kernel with more rights than it has.
func hideKernelFiles() error {
	for _, path := range []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"} {
		if _, err := os.Stat(path); err != nil {
			continue
		}
		if err := syscall.Mount(path, path, "", syscall.MS_BIND|syscall.MS_REC, ""); err != nil {
			return fmt.Errorf("bind %s: %w", path, err)
		}
		if err := syscall.Mount("", path, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY|quiet, ""); err != nil {
			return fmt.Errorf("protect %s: %w", path, err)
		}
	}
	for _, path := range []string{"/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/kmsg"} {
		if _, err := os.Stat(path); err != nil {
			continue
		}
		if err := syscall.Mount("/dev/null", path, "", syscall.MS_BIND, ""); err != nil {
			return fmt.Errorf("hide %s: %w", path, err)
		}
	}
	return nil
}

// writeNames writes the files that Docker writes over the image's own.
func writeNames(config protocol.Config) error {
	files := map[string]string{
		"/etc/hostname":    config.Hostname + "\n",
		"/etc/hosts":       hostsFile(config),
		"/etc/resolv.conf": "nameserver " + config.Network.DNS + "\n",
	}
	if err := os.MkdirAll("/etc", 0o755); err != nil {
		return err
	}
	for path, content := range files {
		// An image may have a symbolic link here; the new file replaces the link.
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			return err
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func hostsFile(config protocol.Config) string {
	lines := []string{
		"127.0.0.1\tlocalhost",
		"::1\tlocalhost ip6-localhost ip6-loopback",
		config.Network.Address + "\t" + config.Hostname,
	}
	return strings.Join(lines, "\n") + "\n"
}

// pidsLimit bounds how many tasks the agent may have: enough for any server, too few to starve
// guestd in a machine of this size.
func pidsLimit(memoryBytes uint64) string {
	limit := int(memoryBytes >> 20 * 4)
	if limit < 512 {
		limit = 512
	}
	if limit > 16384 {
		limit = 16384
	}
	return strconv.Itoa(limit)
}

// Unmount makes the disk read-only, so that its file system is whole when the machine is gone.
func Unmount() {
	syscall.Sync()
	_ = syscall.Mount("", DiskDir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, "")
}
