// The agent of the machines tests: does on request what agents and attackers do.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 1 {
		command(os.Args[1:])
		return
	}
	fmt.Println("probe-agent: hello")
	fmt.Fprintln(os.Stderr, "probe-agent: to stderr")
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	go func() {
		<-terminated
		fmt.Println("probe-agent: terminated")
		os.Exit(7)
	}()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello from %s\n", hostname())
	})
	// Prints n lines.
	http.HandleFunc("/say", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("n"))
		for i := 1; i <= n; i++ {
			fmt.Printf("%s %d\n", r.URL.Query().Get("text"), i)
		}
	})
	http.HandleFunc("/exit", func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("probe-agent: last words")
		code, _ := strconv.Atoi(r.URL.Query().Get("code"))
		os.Exit(code)
	})
	// Writes to the serial port as only the owner of the guest can.
	http.HandleFunc("/console", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("bytes"))
		fmt.Fprintln(w, floodConsole(n))
	})
	// Tries to reach an address; says how that ended.
	http.HandleFunc("/dial", func(w http.ResponseWriter, r *http.Request) {
		c, err := net.DialTimeout("tcp", r.URL.Query().Get("to"), 2*time.Second)
		if err != nil {
			fmt.Fprintln(w, "refused:", err)
			return
		}
		c.Close()
		fmt.Fprintln(w, "connected")
	})
	if err := http.ListenAndServe("0.0.0.0:8000", nil); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func command(args []string) {
	switch args[0] {
	case "echo":
		fmt.Println(strings.Join(args[1:], " "))
	case "cat":
		io.Copy(os.Stdout, os.Stdin)
	case "fail":
		fmt.Println("probe-agent: failing")
		os.Exit(3)
	case "sleep":
		time.Sleep(time.Hour)
	case "env":
		fmt.Println(strings.Join(os.Environ(), "\n"))
	}
}

func hostname() string {
	name, _ := os.Hostname()
	return name
}

// floodConsole finds the serial port in the guest's own device tree, as root may.
func floodConsole(n int) string {
	node := "/tmp/console-node"
	os.Remove(node)
	// Major 4, minor 64: ttyS0.
	if err := syscall.Mknod(node, syscall.S_IFCHR|0o600, 4<<8|64); err != nil {
		return "mknod: " + err.Error()
	}
	f, err := os.OpenFile(node, os.O_WRONLY|syscall.O_NOCTTY, 0)
	if err != nil {
		return "open: " + err.Error()
	}
	defer f.Close()
	line := strings.Repeat("x", 1023) + "\n"
	for written := 0; written < n; written += len(line) {
		if _, err := f.WriteString(line); err != nil {
			return "write: " + err.Error()
		}
	}
	return "wrote"
}
