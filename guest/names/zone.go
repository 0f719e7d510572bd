package names

import (
	"encoding/binary"
	"net"
	"strings"
)

// Zone is what the machine knows of names.
type Zone struct {
	Hostname string
	Address  net.IP
	Table    *Table
}

// Answer answers a query; nil when it is not even one.
func (z Zone) Answer(query []byte) []byte {
	if len(query) < headerBytes || query[2]&0x80 != 0 {
		return nil
	}
	if binary.BigEndian.Uint16(query[2:])&opcodeMask != 0 {
		return encode(query, nil, codeNotImplemented, nil)
	}
	if binary.BigEndian.Uint16(query[4:]) != 1 {
		return encode(query, nil, codeFormatError, nil)
	}
	asked, err := parseQuestion(query)
	if err != nil {
		return encode(query, nil, codeFormatError, nil)
	}
	code, records := z.resolve(asked)
	return encode(query, &asked, code, records)
}

func (z Zone) resolve(asked question) (uint16, []record) {
	if asked.class != classIN && asked.class != classANY {
		return codeSuccess, nil
	}
	if reversed := strings.TrimSuffix(asked.name, ".in-addr.arpa"); reversed != asked.name {
		return z.reverse(asked, reversed)
	}
	wantsA := asked.kind == typeA || asked.kind == typeANY
	switch {
	case asked.name == "":
		return codeSuccess, nil
	case asked.name == "localhost" || strings.HasSuffix(asked.name, ".localhost"):
		if asked.kind == typeAAAA {
			return codeSuccess, []record{{typeAAAA, net.IPv6loopback}}
		}
		return addressRecord(wantsA, net.IPv4(127, 0, 0, 1))
	case asked.name == strings.ToLower(z.Hostname):
		return addressRecord(wantsA, z.Address)
	case !isHostname(asked.name):
		return codeNoSuchName, nil
	case !wantsA:
		return codeSuccess, nil
	}
	return addressRecord(true, z.Table.AddressOf(asked.name))
}

func addressRecord(wanted bool, ip net.IP) (uint16, []record) {
	if !wanted {
		return codeSuccess, nil
	}
	return codeSuccess, []record{{typeA, ip.To4()}}
}

func (z Zone) reverse(asked question, reversed string) (uint16, []record) {
	octets := strings.Split(reversed, ".")
	for i, j := 0, len(octets)-1; i < j; i, j = i+1, j-1 {
		octets[i], octets[j] = octets[j], octets[i]
	}
	ip := net.ParseIP(strings.Join(octets, "."))
	name := ""
	switch {
	case ip == nil:
	case ip.IsLoopback():
		name = "localhost"
	case ip.Equal(z.Address):
		name = z.Hostname
	default:
		name = z.Table.NameOf(ip)
	}
	switch {
	case name == "":
		return codeNoSuchName, nil
	case asked.kind != typePTR && asked.kind != typeANY:
		return codeSuccess, nil
	}
	return codeSuccess, []record{{typePTR, encodeName(name)}}
}

// isHostname allows what a host on the internet can be called, and the underscores that some have.
func isHostname(name string) bool {
	for _, c := range []byte(name) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	// A label may hold a dot on the wire: then the text says something else.
	return !strings.HasPrefix(name, ".") && !strings.HasSuffix(name, ".") && !strings.Contains(name, "..")
}
