package names

import (
	"encoding/binary"
	"errors"
	"strings"
)

// Of RFC 1035, sections 3.2 and 4.1; AAAA of RFC 3596.
const (
	headerBytes = 12
	maxLabel    = 63
	maxName     = 253

	typeA    = 1
	typePTR  = 12
	typeAAAA = 28
	typeANY  = 255
	classIN  = 1
	classANY = 255

	codeSuccess        = 0
	codeFormatError    = 1
	codeNoSuchName     = 3
	codeNotImplemented = 4

	flagResponse           = 1 << 15
	flagAuthoritative      = 1 << 10
	flagRecursionDesired   = 1 << 8
	flagRecursionAvailable = 1 << 7
	opcodeMask             = 0xf << 11
)

// question is the one question of a query.
type question struct {
	// name is lower case, without its final dot.
	name        string
	kind, class uint16
	// wire is the question as it came, to be repeated in the answer.
	wire []byte
}

var errFormat = errors.New("not a question")

// parseQuestion reads the question that follows the header. Names in questions are never compressed.
func parseQuestion(message []byte) (question, error) {
	rest := message[headerBytes:]
	var name []byte
	at := 0
	for {
		if at >= len(rest) {
			return question{}, errFormat
		}
		length := int(rest[at])
		at++
		if length == 0 {
			break
		}
		if length > maxLabel || at+length > len(rest) {
			return question{}, errFormat
		}
		if len(name) > 0 {
			name = append(name, '.')
		}
		name = append(name, rest[at:at+length]...)
		at += length
		if len(name) > maxName {
			return question{}, errFormat
		}
	}
	if at+4 > len(rest) {
		return question{}, errFormat
	}
	return question{
		name: strings.ToLower(string(name)), kind: binary.BigEndian.Uint16(rest[at:]),
		class: binary.BigEndian.Uint16(rest[at+2:]), wire: rest[:at+4],
	}, nil
}

// record is the data of a resource record that answers the question's own name.
type record struct {
	kind uint16
	data []byte
}

// timeToLive is short: a name that loses its address gets another.
const timeToLive = 10

// encode makes the answer to query, whose header is whole; asked is nil when it had no question.
func encode(query []byte, asked *question, code uint16, records []record) []byte {
	answer := make([]byte, headerBytes, 512)
	copy(answer, query[:2])
	flags := binary.BigEndian.Uint16(query[2:])&(opcodeMask|flagRecursionDesired) |
		flagResponse | flagAuthoritative | flagRecursionAvailable | code
	binary.BigEndian.PutUint16(answer[2:], flags)
	if asked == nil {
		return answer
	}
	binary.BigEndian.PutUint16(answer[4:], 1)
	binary.BigEndian.PutUint16(answer[6:], uint16(len(records)))
	answer = append(answer, asked.wire...)
	for _, r := range records {
		// The name is a pointer to the question's.
		head := [12]byte{0: 0xc0, 1: headerBytes}
		binary.BigEndian.PutUint16(head[2:], r.kind)
		binary.BigEndian.PutUint16(head[4:], classIN)
		binary.BigEndian.PutUint32(head[6:], timeToLive)
		binary.BigEndian.PutUint16(head[10:], uint16(len(r.data)))
		answer = append(append(answer, head[:]...), r.data...)
	}
	return answer
}

// encodeName is for names that were parsed from the wire, or are as short.
func encodeName(name string) []byte {
	var encoded []byte
	for _, label := range strings.Split(name, ".") {
		if len(label) > maxLabel {
			label = label[:maxLabel]
		}
		encoded = append(append(encoded, byte(len(label))), label...)
	}
	return append(encoded, 0)
}
