package names

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

func newZone() Zone {
	return Zone{Hostname: "Web-1", Address: net.IPv4(10, 0, 2, 15), Table: NewTable()}
}

// query is what a client sends: recursion desired, one question.
func query(name string, kind uint16) []byte {
	message := []byte{0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	if name != "" {
		message = append(message, encodeName(name)...)
	} else {
		message = append(message, 0)
	}
	return append(message, byte(kind>>8), byte(kind), 0, classIN)
}

// answerOf is code and, if there is one, the data of the one record.
func answerOf(t *testing.T, zone Zone, name string, kind uint16) (uint16, []byte) {
	t.Helper()
	asked := query(name, kind)
	answer := zone.Answer(asked)
	if len(answer) < len(asked) || !bytes.Equal(answer[:2], asked[:2]) || !bytes.Equal(answer[12:len(asked)], asked[12:]) {
		t.Fatalf("%s: %x", name, answer)
	}
	flags := binary.BigEndian.Uint16(answer[2:])
	if flags&flagResponse == 0 || flags&flagRecursionDesired == 0 || flags&flagRecursionAvailable == 0 {
		t.Errorf("%s: flags %x", name, flags)
	}
	count := binary.BigEndian.Uint16(answer[6:])
	if count == 0 {
		return flags & 0xf, nil
	}
	record := answer[len(asked):]
	if count != 1 || record[0] != 0xc0 || record[1] != headerBytes || int(binary.BigEndian.Uint16(record[10:])) != len(record)-12 {
		t.Fatalf("%s: %d records, %x", name, count, record)
	}
	return flags & 0xf, record[12:]
}

func TestAnswers(t *testing.T) {
	zone := newZone()
	for _, c := range []struct {
		name string
		kind uint16
		code uint16
		data []byte
	}{
		{"api.example.com", typeA, codeSuccess, []byte{198, 18, 0, 1}},
		{"other.example", typeA, codeSuccess, []byte{198, 18, 0, 2}},
		{"API.Example.com", typeA, codeSuccess, []byte{198, 18, 0, 1}},
		{"api.example.com", typeAAAA, codeSuccess, nil},
		{"api.example.com", 16, codeSuccess, nil},
		{"api.example.com", 65, codeSuccess, nil},
		{"api.example.com", typeANY, codeSuccess, []byte{198, 18, 0, 1}},
		{"metadata.google.internal", typeA, codeSuccess, []byte{198, 18, 0, 3}},
		{"printer", typeA, codeSuccess, []byte{198, 18, 0, 4}},
		{"1.0.18.198.in-addr.arpa", typePTR, codeSuccess, encodeName("api.example.com")},
		{"9.0.18.198.in-addr.arpa", typePTR, codeNoSuchName, nil},
		{"8.8.8.8.in-addr.arpa", typePTR, codeNoSuchName, nil},
		{"x.in-addr.arpa", typePTR, codeNoSuchName, nil},
		{"15.2.0.10.in-addr.arpa", typePTR, codeSuccess, encodeName("Web-1")},
		{"1.0.0.127.in-addr.arpa", typePTR, codeSuccess, encodeName("localhost")},
		{"localhost", typeA, codeSuccess, []byte{127, 0, 0, 1}},
		{"a.localhost", typeA, codeSuccess, []byte{127, 0, 0, 1}},
		{"localhost", typeAAAA, codeSuccess, net.IPv6loopback},
		{"web-1", typeA, codeSuccess, []byte{10, 0, 2, 15}},
		{"web-1", typeAAAA, codeSuccess, nil},
		{"", 2, codeSuccess, nil},
		{"sp ace.example", typeA, codeNoSuchName, nil},
		{"b\xfccher.example", typeA, codeNoSuchName, nil},
		{"quote\".example", typeA, codeNoSuchName, nil},
	} {
		code, data := answerOf(t, zone, c.name, c.kind)
		if code != c.code || !bytes.Equal(data, c.data) {
			t.Errorf("%q %d: code %d, %v", c.name, c.kind, code, data)
		}
	}
	if zone.Table.Len() != 4 {
		t.Errorf("%d names", zone.Table.Len())
	}
}

func TestMalformed(t *testing.T) {
	zone := newZone()
	good := query("api.example.com", typeA)
	with := func(at int, value byte) []byte {
		changed := append([]byte(nil), good...)
		changed[at] = value
		return changed
	}
	for name, c := range map[string]struct {
		query []byte
		code  int
	}{
		"nothing":             {nil, -1},
		"half a header":       {good[:11], -1},
		"an answer":           {with(2, 0x81), -1},
		"an update":           {with(2, 5<<3), codeNotImplemented},
		"no question":         {good[:12], codeFormatError},
		"two questions":       {with(5, 2), codeFormatError},
		"none announced":      {with(5, 0), codeFormatError},
		"a cut name":          {good[:20], codeFormatError},
		"no class":            {good[:len(good)-2], codeFormatError},
		"a pointer":           {with(12, 0xc0), codeFormatError},
		"an unknown label":    {with(12, 0x40), codeFormatError},
		"a name without end":  {query(strings.Repeat("abcdefg.", 32)+"x", typeA), codeFormatError},
		"a label beyond it":   {with(12, 63), codeFormatError},
		"only a label length": {append(append([]byte(nil), good[:12]...), 5), codeFormatError},
	} {
		answer := zone.Answer(c.query)
		if c.code == -1 {
			if answer != nil {
				t.Errorf("%s: %x", name, answer)
			}
			continue
		}
		if len(answer) != headerBytes || int(answer[3]&0xf) != c.code {
			t.Errorf("%s: %x", name, answer)
		}
	}
	if zone.Table.Len() != 0 {
		t.Errorf("%d names", zone.Table.Len())
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(query("api.example.com", typeA))
	f.Add(query("1.0.18.198.in-addr.arpa", typePTR))
	f.Add(query(strings.Repeat("abcdefg.", 31)+"abc", typeANY))
	f.Add([]byte{0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12})
	zone := newZone()
	f.Fuzz(func(t *testing.T, asked []byte) {
		answer := zone.Answer(asked)
		if answer == nil {
			return
		}
		if len(answer) > 600 || len(asked) < headerBytes || !bytes.Equal(answer[:2], asked[:2]) || answer[2]&0x80 == 0 {
			t.Errorf("%x: %x", asked, answer)
		}
	})
}

func TestTable(t *testing.T) {
	table := NewTable()
	table.mostNames = 3
	for i, name := range []string{"a", "b", "c"} {
		if got, want := table.AddressOf(name).String(), fmt.Sprintf("198.18.0.%d", i+1); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	if table.NameOf(net.IPv4(198, 18, 0, 1)) != "a" {
		t.Error("a is used")
	}
	if got := table.AddressOf("d").String(); got != "198.18.0.4" || table.NameOf(net.IPv4(198, 18, 0, 2)) != "" {
		t.Errorf("b, unused for longest, makes room: %s", got)
	}
	if table.Len() != 3 || len(table.byName) != 3 || len(table.byOffset) != 3 {
		t.Errorf("%d, %d, %d", table.Len(), len(table.byName), len(table.byOffset))
	}
	// Addresses come up again only after all others, and never one that is taken.
	table.newest = addresses - 3
	for name, want := range map[string]string{"e": "198.19.255.254"} {
		if got := table.AddressOf(name).String(); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	taken := map[string]bool{}
	for i := 0; i < 10; i++ {
		taken[table.AddressOf(fmt.Sprint("again", i)).String()] = true
	}
	if len(taken) != 10 || taken["198.18.0.0"] || taken["198.19.255.255"] {
		t.Errorf("%v", taken)
	}
	for _, ip := range []net.IP{net.IPv4(8, 8, 8, 8), net.IPv4(198, 20, 0, 1), net.IPv6loopback, nil} {
		if name := table.NameOf(ip); name != "" {
			t.Errorf("%v is %s", ip, name)
		}
	}
}

func TestResolver(t *testing.T) {
	resolver, err := listenAt(newZone(), 0)
	if err != nil {
		t.Fatal(err)
	}
	go resolver.Serve()
	defer resolver.Datagrams.Close()
	at := resolver.Datagrams.LocalAddr().String()
	datagrams, err := net.Dial("udp4", at)
	if err != nil {
		t.Fatal(err)
	}
	defer datagrams.Close()
	_ = datagrams.SetDeadline(time.Now().Add(10 * time.Second))
	answer := make([]byte, 512)
	for _, asked := range [][]byte{{1}, bytes.Repeat([]byte{0}, 2000), query("a.example", typeA)} {
		if _, err := datagrams.Write(asked); err != nil {
			t.Fatal(err)
		}
	}
	for {
		n, err := datagrams.Read(answer)
		if err != nil {
			t.Fatal(err)
		}
		if n > headerBytes {
			if !bytes.Equal(answer[n-4:n], []byte{198, 18, 0, 1}) {
				t.Errorf("%x", answer[:n])
			}
			break
		}
	}
}

func TestServeConnection(t *testing.T) {
	resolver := &Resolver{zone: newZone(), askers: make(chan struct{}, 1)}
	client, server := net.Pipe()
	done := make(chan struct{})
	go func() {
		resolver.ServeConnection(server)
		close(done)
	}()
	second, refused := net.Pipe()
	for i := byte(1); i <= 2; i++ {
		asked := query(fmt.Sprintf("n%d.example", i), typeA)
		_, _ = client.Write(append([]byte{0, byte(len(asked))}, asked...))
		answer := make([]byte, 2+len(asked)+16)
		if _, err := io.ReadFull(client, answer); err != nil || answer[len(answer)-1] != i {
			t.Fatalf("%x %v", answer, err)
		}
		go resolver.ServeConnection(refused)
		if _, err := second.Read(answer); err != io.EOF {
			t.Errorf("a second asker: %v", err)
		}
	}
	_, _ = client.Write([]byte{0xff, 0xff})
	<-done
}
