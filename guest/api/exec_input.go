package api

import (
	"net"
	"os"
	"time"
)

const (
	// maxQueuedInput frames, of at most protocol.MaxFrameBytes, wait for a command to read them.
	maxQueuedInput = 16
	// hangUpInterval is how often a client whose input waits is looked after.
	hangUpInterval = 250 * time.Millisecond
)

// execInput feeds a command's standard input, so that one that does not read it keeps nobody from
// reading the client's other frames and its end.
type execInput struct {
	connection net.Conn
	queue      chan []byte
}

// startInput writes what is queued until close. A nil chunk is the end of the input, for which end
// is called.
func startInput(connection net.Conn, stdin *os.File, end func()) *execInput {
	input := &execInput{connection: connection, queue: make(chan []byte, maxQueuedInput)}
	go func() {
		for chunk := range input.queue {
			if chunk == nil {
				end()
				continue
			}
			// A command that closed its input is no reason to end the session.
			_, _ = stdin.Write(chunk)
		}
	}()
	return input
}

// put queues a chunk. It waits while the queue is full; false: the client went away meanwhile.
func (i *execInput) put(chunk []byte) bool {
	for {
		select {
		case i.queue <- chunk:
			return true
		case <-time.After(hangUpInterval):
			if hungUp(i.connection) {
				return false
			}
		}
	}
}

func (i *execInput) close() { close(i.queue) }
