package output

import (
	"sync"
	"time"

	"swarm/guest/protocol"
)

// keptEvents bounds memory; a host that is further behind asks for the status.
const keptEvents = 1000

// Events is the bounded history of what happened to the process.
type Events struct {
	mutex   sync.Mutex
	events  []protocol.Event
	lastSeq int64
	changed chan struct{}
}

// NewEvents makes an empty history.
func NewEvents() *Events { return &Events{changed: make(chan struct{})} }

// Add numbers the event, gives it the time, and wakes the readers.
func (e *Events) Add(event protocol.Event) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.lastSeq++
	event.Seq = e.lastSeq
	event.Time = time.Now().UTC().Format(protocol.TimeFormat)
	e.events = append(e.events, event)
	if len(e.events) > keptEvents {
		e.events = append([]protocol.Event(nil), e.events[len(e.events)-keptEvents:]...)
	}
	close(e.changed)
	e.changed = make(chan struct{})
}

// Read returns the events with a number above after, and a channel that closes when there is more.
func (e *Events) Read(after int64) ([]protocol.Event, <-chan struct{}) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	var found []protocol.Event
	for _, event := range e.events {
		if event.Seq > after {
			found = append(found, event)
		}
	}
	return found, e.changed
}
