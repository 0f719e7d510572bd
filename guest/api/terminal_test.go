package api

import (
	"os"
	"runtime"
	"testing"
)

// The garbage collector closes files that nothing keeps, and terminals are asked for days later.
func TestTerminalsAreOpenedAfterCollections(t *testing.T) {
	directory, err := os.Open("/dev/pts")
	if err != nil {
		t.Skip("there is no /dev/pts here")
	}
	server := NewServer(Options{Terminals: directory})
	directory = nil
	for i := 0; i < 3; i++ {
		runtime.GC()
	}
	controller, terminal, err := openTerminal(int(server.terminals.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	controller.Close()
	terminal.Close()
	runtime.KeepAlive(server)
}
