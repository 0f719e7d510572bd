// Command guestd is the first process in a machine: it prepares the machine, runs the agent's
// process, and answers the host. docs/guest-protocol.md says how.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"syscall"

	"swarm/guest/api"
	"swarm/guest/boot"
	"swarm/guest/egress"
	"swarm/guest/launch"
	"swarm/guest/process"
	"swarm/guest/protocol"
	"swarm/guest/sockets"
)

// memoryLimit makes the garbage collector work harder before guestd takes more than this.
const memoryLimit = 32 << 20

func main() {
	if len(os.Args) > 0 && os.Args[0] == launch.ChildName {
		launch.Child()
	}
	if os.Getpid() != 1 {
		fmt.Fprintln(os.Stderr, "guestd is the first process of a machine and does nothing elsewhere")
		os.Exit(2)
	}
	debug.SetMemoryLimit(memoryLimit)
	// Go ends a program on most signals; nobody in the machine may end this one.
	ignored := make(chan os.Signal, 1)
	signal.Notify(ignored, syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM,
		syscall.SIGABRT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGPIPE, syscall.SIGALRM)
	err := serve()
	fmt.Printf("guestd: fatal: %v\n", err)
	powerOff()
}

func serve() error {
	machine, err := boot.Run()
	if err != nil {
		return err
	}
	launcher := &launch.Launcher{
		Reaper: launch.NewReaper(), Namespace: machine.Root.Namespace, CgroupDir: boot.CgroupDir,
	}
	gate, ownPorts, err := openGate(machine.Config)
	if err != nil {
		return err
	}
	server := api.NewServer(api.Options{
		Config:     machine.Config,
		Launcher:   launcher,
		Supervisor: process.NewSupervisor(launcher, ownPorts...),
		Terminals:  machine.Root.Terminals,
		DiskDir:    boot.DiskDir,
		Gate:       gate,
		PowerOff:   powerOff,
	})
	address := net.JoinHostPort(machine.Config.Network.Address, strconv.Itoa(machine.Config.GuestdPort))
	fromHost := net.ListenConfig{Control: sockets.OnlyFrom("eth0")}
	listener, err := fromHost.Listen(context.Background(), "tcp4", address)
	if err != nil {
		return err
	}
	fmt.Println("guestd: ready")
	return server.Serve(listener)
}

// openGate opens the way out where there is one, and tells which ports are guestd's own.
func openGate(config protocol.Config) (*egress.Gate, []int, error) {
	ports := []int{config.GuestdPort}
	if config.Egress == nil {
		return nil, ports, nil
	}
	gate, err := egress.Open(config)
	if err != nil {
		return nil, nil, err
	}
	if status := gate.Status(); status.Capture != "all" {
		fmt.Printf("guestd: only the proxy leads out: %s\n", status.Reason)
	}
	return gate, append(ports, config.Egress.ProxyPort, protocol.CapturePort), nil
}

// powerOff ends the machine. Neither QEMU's microvm nor Firecracker has a power switch that works
// without ACPI support on both sides; a restart ends both (reboot=t with -no-reboot, reboot=k).
func powerOff() {
	boot.Unmount()
	syscall.Sync()
	_ = syscall.Reboot(syscall.LINUX_REBOOT_CMD_RESTART)
	select {}
}
