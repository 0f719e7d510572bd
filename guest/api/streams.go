package api

import (
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"time"

	"swarm/guest/protocol"
)

const (
	pingInterval = 5 * time.Second
	pageLines    = 256
)

var ping = struct {
	Type string `json:"type"`
}{"ping"}

// stream is an NDJSON answer that stays open; a reader that stalls loses it.
type stream struct {
	writer     http.ResponseWriter
	flusher    http.Flusher
	connection net.Conn
	encoder    *json.Encoder
}

func (s *Server) openStream(w http.ResponseWriter, r *http.Request) (*stream, bool) {
	flusher, canFlush := w.(http.Flusher)
	connection, ok := r.Context().Value(connectionKey{}).(net.Conn)
	if !canFlush || !ok {
		return nil, false
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.WriteHeader(http.StatusOK)
	opened := &stream{writer: w, flusher: flusher, connection: connection, encoder: json.NewEncoder(w)}
	opened.encoder.SetEscapeHTML(false)
	flusher.Flush()
	return opened, true
}

// write sends the records; an error means that the reader is gone.
func (s *stream) write(records ...any) error {
	_ = s.connection.SetWriteDeadline(time.Now().Add(writeTimeout))
	for _, record := range records {
		if err := s.encoder.Encode(record); err != nil {
			return err
		}
	}
	s.flusher.Flush()
	return nil
}

// takeStream reserves one of the bounded streams; the caller must call release when ok.
func (s *Server) takeStream(w http.ResponseWriter) (release func(), ok bool) {
	select {
	case s.streams <- struct{}{}:
		return func() { <-s.streams }, true
	default:
		fail(w, &protocol.Error{Code: "too_many_streams", Message: "too many streams are open"})
		return nil, false
	}
}

func after(r *http.Request) (int64, error) {
	text := r.URL.Query().Get("after")
	if text == "" {
		return 0, nil
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil || value < 0 {
		return 0, &protocol.Error{Code: "bad_request", Message: "after is not a sequence number"}
	}
	return value, nil
}

func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	seq, err := after(r)
	if err != nil {
		fail(w, err)
		return
	}
	release, ok := s.takeStream(w)
	if !ok {
		return
	}
	defer release()
	stream, ok := s.openStream(w, r)
	if !ok {
		return
	}
	ticker := time.NewTicker(pingInterval)
	defer ticker.Stop()
	for {
		events, changed := s.supervisor.Events.Read(seq)
		for _, event := range events {
			if stream.write(event) != nil {
				return
			}
			seq = event.Seq
		}
		select {
		case <-changed:
		case <-ticker.C:
			if stream.write(ping) != nil {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

func (s *Server) logs(w http.ResponseWriter, r *http.Request) {
	seq, err := after(r)
	if err != nil {
		fail(w, err)
		return
	}
	release, ok := s.takeStream(w)
	if !ok {
		return
	}
	defer release()
	stream, ok := s.openStream(w, r)
	if !ok {
		return
	}
	follow := r.URL.Query().Get("follow") == "true"
	ticker := time.NewTicker(pingInterval)
	defer ticker.Stop()
	for {
		page := s.supervisor.Logs.Read(seq, pageLines)
		records := make([]any, 0, len(page.Lines)+1)
		if page.Lost > 0 {
			records = append(records, protocol.Lost{Type: "lost", Seq: page.LostSeq, Count: page.Lost})
			seq = page.LostSeq
		}
		for _, line := range page.Lines {
			records = append(records, line)
			seq = line.Seq
		}
		if len(records) > 0 {
			if stream.write(records...) != nil {
				return
			}
			continue
		}
		if !follow {
			return
		}
		select {
		case <-page.Changed:
		case <-ticker.C:
			if stream.write(ping) != nil {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}
