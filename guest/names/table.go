// Package names answers questions about names inside the machine, so that none leaves it: each name
// stands for a synthetic address of its own, and the host resolves the name itself.
package names

import (
	"container/list"
	"net"
	"sync"
)

const (
	// maxNames bounds the table: about 2 MiB when all are as long as names can be.
	maxNames = 4096
	// 198.18.0.0/15 is set aside for benchmarks (RFC 2544), so nobody's address; the first and the
	// last of it are left out.
	firstAddress = 198<<24 | 18<<16
	addresses    = 1 << 17
)

type entry struct {
	name   string
	offset uint32
}

// Table gives each name an address, in the order of the first questions. When it is full, the name
// that was not asked for or connected to for longest loses its; addresses come up again last.
type Table struct {
	mutex     sync.Mutex
	order     *list.List // The most recently used first.
	byName    map[string]*list.Element
	byOffset  map[uint32]*list.Element
	newest    uint32
	mostNames int
}

// NewTable makes an empty one.
func NewTable() *Table {
	return &Table{
		order: list.New(), byName: map[string]*list.Element{}, byOffset: map[uint32]*list.Element{}, mostNames: maxNames,
	}
}

// AddressOf gives the name's address. name is lower case without a final dot.
func (t *Table) AddressOf(name string) net.IP {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if element, ok := t.byName[name]; ok {
		t.order.MoveToFront(element)
		return address(element.Value.(entry).offset)
	}
	if t.order.Len() >= t.mostNames {
		oldest := t.order.Remove(t.order.Back()).(entry)
		delete(t.byName, oldest.name)
		delete(t.byOffset, oldest.offset)
	}
	for {
		t.newest = t.newest%(addresses-2) + 1
		if _, taken := t.byOffset[t.newest]; !taken {
			break
		}
	}
	element := t.order.PushFront(entry{name, t.newest})
	t.byName[name], t.byOffset[t.newest] = element, element
	return address(t.newest)
}

// NameOf gives the name that an address stands for; "" when it stands for none.
func (t *Table) NameOf(ip net.IP) string {
	v4 := ip.To4()
	if v4 == nil {
		return ""
	}
	offset := (uint32(v4[0])<<24 | uint32(v4[1])<<16 | uint32(v4[2])<<8 | uint32(v4[3])) - firstAddress
	t.mutex.Lock()
	defer t.mutex.Unlock()
	element, ok := t.byOffset[offset]
	if !ok {
		return ""
	}
	t.order.MoveToFront(element)
	return element.Value.(entry).name
}

// Len counts the names.
func (t *Table) Len() int {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.order.Len()
}

func address(offset uint32) net.IP {
	value := firstAddress + offset
	return net.IPv4(byte(value>>24), byte(value>>16), byte(value>>8), byte(value))
}
