package output

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"swarm/guest/protocol"
)

// Split reads source to its end and adds its lines to the ring. Lines longer than
// protocol.LogLineBytes come in parts, never cut within a character.
func Split(source io.Reader, ring *Ring, stream string) {
	buffer := make([]byte, 0, 2*protocol.LogLineBytes)
	chunk := make([]byte, protocol.LogLineBytes)
	for {
		n, err := source.Read(chunk)
		buffer = append(buffer, chunk[:n]...)
		for {
			newline := bytes.IndexByte(buffer, '\n')
			if newline >= 0 && newline <= protocol.LogLineBytes {
				ring.Add(stream, clean(buffer[:newline]), false)
				buffer = buffer[:copy(buffer, buffer[newline+1:])]
				continue
			}
			if len(buffer) <= protocol.LogLineBytes {
				break
			}
			cut := wholeCharacters(buffer[:protocol.LogLineBytes])
			ring.Add(stream, clean(buffer[:cut]), true)
			buffer = buffer[:copy(buffer, buffer[cut:])]
		}
		if err != nil {
			break
		}
	}
	if len(buffer) > 0 {
		ring.Add(stream, clean(buffer), false)
	}
}

// wholeCharacters is the length of text without a character that is cut at its end.
func wholeCharacters(text []byte) int {
	for back := 1; back <= utf8.UTFMax && back < len(text); back++ {
		start := len(text) - back
		if utf8.RuneStart(text[start]) {
			if !utf8.FullRune(text[start:]) {
				return start
			}
			break
		}
	}
	return len(text)
}

func clean(line []byte) string {
	return strings.ToValidUTF8(string(line), "\uFFFD")
}
