package output

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"swarm/guest/protocol"
)

func split(t *testing.T, reader io.Reader) []protocol.LogLine {
	t.Helper()
	ring := NewRing(1 << 22)
	Split(reader, ring, "stdout")
	return ring.Read(0, 1<<20).Lines
}

func TestSplitLines(t *testing.T) {
	long := strings.Repeat("x", protocol.LogLineBytes)
	cases := map[string][]string{
		"":                       nil,
		"a":                      {"a"},
		"a\n":                    {"a"},
		"a\n\nb":                 {"a", "", "b"},
		"\n":                     {""},
		long + "\n":              {long},
		long + "y\n":             {long + "+", "y"},
		long + long + "z":        {long + "+", long + "+", "z"},
		"bad \xff\xfe byte\n":    {"bad \uFFFD byte"},
		"cr\r\n":                 {"cr\r"},
		"nul \x00 and \x1b[0m\n": {"nul \x00 and \x1b[0m"},
	}
	for input, want := range cases {
		for name, reader := range map[string]io.Reader{
			"whole": strings.NewReader(input), "bytes": iotest.OneByteReader(strings.NewReader(input)),
		} {
			var got []string
			for i, line := range split(t, reader) {
				if line.Seq != int64(i+1) {
					t.Fatalf("line %d has number %d", i, line.Seq)
				}
				mark := ""
				if line.Partial {
					mark = "+"
				}
				got = append(got, line.Text+mark)
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%.20q… (%s): got %d lines, want %d", input, name, len(got), len(want))
			}
		}
	}
}

func TestSplitNeverCutsCharacters(t *testing.T) {
	for shift := 0; shift < 4; shift++ {
		text := strings.Repeat("a", shift) + strings.Repeat("€😀", 20_000)
		var joined strings.Builder
		for _, line := range split(t, strings.NewReader(text)) {
			if !utf8.ValidString(line.Text) || len(line.Text) > protocol.LogLineBytes {
				t.Fatalf("part of %d bytes, valid %v", len(line.Text), utf8.ValidString(line.Text))
			}
			joined.WriteString(line.Text)
		}
		if joined.String() != text {
			t.Errorf("shift %d: the parts are not the whole", shift)
		}
	}
}

func TestRingDropsTheOldest(t *testing.T) {
	ring := NewRing(10 * (recordOverhead + 10))
	for i := 1; i <= 100; i++ {
		ring.Add("stdout", fmt.Sprintf("%010d", i), false)
	}
	page := ring.Read(0, 1000)
	if page.Lost != 90 || page.LostSeq != 90 || len(page.Lines) != 10 || page.Lines[0].Seq != 91 {
		t.Fatalf("lost %d up to %d, %d lines", page.Lost, page.LostSeq, len(page.Lines))
	}
	if page := ring.Read(95, 2); page.Lost != 0 || len(page.Lines) != 2 || page.Lines[1].Seq != 97 {
		t.Fatalf("page after 95: %+v", page)
	}
	for _, after := range []int64{100, 101, 1 << 60, -1} {
		page := ring.Read(after, 5)
		if after >= 100 && (len(page.Lines) != 0 || page.Lost != 0) {
			t.Fatalf("page after %d: %+v", after, page)
		}
	}
	ring.Add("stderr", strings.Repeat("x", 1<<16), true)
	if page := ring.Read(100, 5); len(page.Lines) != 1 || page.Lines[0].Seq != 101 {
		t.Fatal("a line larger than the ring is kept alone")
	}
}

func TestRingWakesReaders(t *testing.T) {
	ring := NewRing(1 << 16)
	changed := ring.Read(0, 1).Changed
	go ring.Add("stdout", "x", false)
	<-changed
	if len(ring.Read(0, 1).Lines) != 1 {
		t.Error("nothing there")
	}
}

func TestEventsAreBounded(t *testing.T) {
	events := NewEvents()
	for i := 0; i < keptEvents+5; i++ {
		events.Add(protocol.Event{Type: "process_started", PID: i})
	}
	kept, _ := events.Read(0)
	if len(kept) != keptEvents || kept[0].Seq != 6 {
		t.Errorf("%d events from %d", len(kept), kept[0].Seq)
	}
	if newer, _ := events.Read(keptEvents + 4); len(newer) != 1 {
		t.Errorf("%d newer", len(newer))
	}
}
