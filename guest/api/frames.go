package api

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"swarm/guest/protocol"
)

const frameHeaderBytes = 5

// frameWriter sends frames of an exec; several goroutines may use it.
type frameWriter struct {
	mutex      sync.Mutex
	connection net.Conn
}

func (w *frameWriter) write(kind byte, payload []byte) error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	frame := make([]byte, frameHeaderBytes, frameHeaderBytes+len(payload))
	frame[0] = kind
	binary.BigEndian.PutUint32(frame[1:], uint32(len(payload)))
	_ = w.connection.SetWriteDeadline(time.Now().Add(writeTimeout))
	_, err := w.connection.Write(append(frame, payload...))
	return err
}

func (w *frameWriter) writeJSON(kind byte, value any) error {
	payload, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return w.write(kind, payload)
}

// readFrame reads one frame of at most protocol.MaxFrameBytes.
func readFrame(reader *bufio.Reader) (byte, []byte, error) {
	var header [frameHeaderBytes]byte
	if _, err := io.ReadFull(reader, header[:]); err != nil {
		return 0, nil, err
	}
	length := binary.BigEndian.Uint32(header[1:])
	if length > protocol.MaxFrameBytes {
		return 0, nil, fmt.Errorf("frame of %d bytes", length)
	}
	payload := make([]byte, length)
	_, err := io.ReadFull(reader, payload)
	return header[0], payload, err
}
