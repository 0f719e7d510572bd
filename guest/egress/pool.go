package egress

import (
	"net"
	"sync"
	"time"

	"swarm/guest/sockets"
)

// maxParked bounds the connections that wait for one from inside.
const maxParked = 128

// pool brings connections that the host parked together with those that processes opened, each in
// the order they came.
type pool struct {
	mutex   sync.Mutex
	parked  []*net.TCPConn
	waiting []chan *net.TCPConn
}

// park takes a connection of the host's over. False: there are too many, and it is still the caller's.
func (p *pool) park(connection *net.TCPConn) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if len(p.waiting) > 0 {
		first := p.waiting[0]
		p.waiting = p.waiting[1:]
		first <- connection
		return true
	}
	if len(p.parked) >= maxParked {
		p.dropDead()
	}
	if len(p.parked) >= maxParked {
		return false
	}
	p.parked = append(p.parked, connection)
	return true
}

// dropDead closes those that the host has given up, as when swarmd was restarted.
func (p *pool) dropDead() {
	var alive []*net.TCPConn
	for _, connection := range p.parked {
		if sockets.HungUp(connection) {
			connection.Close()
		} else {
			alive = append(alive, connection)
		}
	}
	p.parked = alive
}

// take waits for a connection of the host's; nil when none came in time.
func (p *pool) take(timeout time.Duration) *net.TCPConn {
	connection, waiting := p.takeOrQueue()
	if connection != nil {
		return connection
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case connection := <-waiting:
		return connection
	case <-timer.C:
		return p.leave(waiting)
	}
}

func (p *pool) takeOrQueue() (*net.TCPConn, chan *net.TCPConn) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for len(p.parked) > 0 {
		connection := p.parked[0]
		p.parked = p.parked[1:]
		if !sockets.HungUp(connection) {
			return connection, nil
		}
		connection.Close()
	}
	waiting := make(chan *net.TCPConn, 1)
	p.waiting = append(p.waiting, waiting)
	return nil, waiting
}

// leave ends the waiting; a connection may have come in the meantime.
func (p *pool) leave(waiting chan *net.TCPConn) *net.TCPConn {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for i, other := range p.waiting {
		if other == waiting {
			p.waiting = append(p.waiting[:i], p.waiting[i+1:]...)
			return nil
		}
	}
	return <-waiting
}

func (p *pool) count() (parked, waiting int) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.dropDead()
	return len(p.parked), len(p.waiting)
}
