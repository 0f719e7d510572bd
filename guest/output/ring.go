// Package output keeps what the agent's process writes, line by line, in bounded memory.
package output

import (
	"sync"
	"time"

	"swarm/guest/protocol"
)

// recordOverhead is what a record takes besides its text.
const recordOverhead = 128

// Ring holds the newest lines, up to a number of bytes. Writers never wait: the oldest lines go.
type Ring struct {
	mutex    sync.Mutex
	lines    []protocol.LogLine
	bytes    int
	maxBytes int
	lastSeq  int64
	changed  chan struct{}
}

// NewRing makes a ring of at most maxBytes.
func NewRing(maxBytes int) *Ring {
	return &Ring{maxBytes: maxBytes, changed: make(chan struct{})}
}

// Add appends a line and wakes the readers.
func (r *Ring) Add(stream, text string, partial bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.lastSeq++
	r.lines = append(r.lines, protocol.LogLine{
		Type: "line", Seq: r.lastSeq, Time: time.Now().UTC().Format(protocol.TimeFormat),
		Stream: stream, Text: text, Partial: partial,
	})
	r.bytes += len(text) + recordOverhead
	drop := 0
	for r.bytes > r.maxBytes && drop < len(r.lines)-1 {
		r.bytes -= len(r.lines[drop].Text) + recordOverhead
		r.lines[drop].Text = ""
		drop++
	}
	r.lines = r.lines[drop:]
	close(r.changed)
	r.changed = make(chan struct{})
}

// Page is what Read returns.
type Page struct {
	// Lost is how many lines after the asked one are gone, up to LostSeq.
	Lost    int64
	LostSeq int64
	Lines   []protocol.LogLine
	// Changed closes when there is more.
	Changed <-chan struct{}
}

// Read returns at most limit lines with a number above after.
func (r *Ring) Read(after int64, limit int) Page {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	page := Page{Changed: r.changed}
	first := r.lastSeq - int64(len(r.lines)) + 1
	if after < 0 {
		after = 0
	}
	if after < first-1 {
		page.Lost, page.LostSeq = first-1-after, first-1
		after = first - 1
	}
	start := after - first + 1
	if start >= int64(len(r.lines)) {
		return page
	}
	end := start + int64(limit)
	if end > int64(len(r.lines)) {
		end = int64(len(r.lines))
	}
	page.Lines = append(page.Lines, r.lines[start:end]...)
	return page
}
