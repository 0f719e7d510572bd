package egress

import "encoding/binary"

// instructionBytes is the size of one; loading a map takes two.
const instructionBytes = 8

// Operation codes of BPF; https://www.rfc-editor.org/rfc/rfc9669.
const (
	opLoadWord   = 0x61 // BPF_LDX | BPF_MEM | BPF_W
	opStoreWord  = 0x62 // BPF_ST | BPF_MEM | BPF_W
	opLoad64     = 0x18 // BPF_LD | BPF_IMM | BPF_DW
	opMove       = 0xbf // BPF_ALU64 | BPF_MOV | BPF_X
	opSet        = 0xb7 // BPF_ALU64 | BPF_MOV | BPF_K
	opAdd        = 0x07 // BPF_ALU64 | BPF_ADD | BPF_K
	opAnd        = 0x57 // BPF_ALU64 | BPF_AND | BPF_K
	opJump       = 0x05 // BPF_JMP | BPF_JA
	opJumpIf64   = 0x15 // BPF_JMP | BPF_JEQ | BPF_K
	opJumpIf     = 0x16 // BPF_JMP32 | BPF_JEQ | BPF_K
	opJumpUnless = 0x56 // BPF_JMP32 | BPF_JNE | BPF_K
	opCall       = 0x85 // BPF_JMP | BPF_CALL
	opExit       = 0x95 // BPF_JMP | BPF_EXIT

	pseudoMapDescriptor = 1
)

type instruction struct {
	operation           byte
	destination, source byte
	offset              int16
	value               int32
	target              string
}

// assembler collects instructions whose jumps name labels.
type assembler struct {
	instructions []instruction
	labels       map[string]int
}

func (a *assembler) emit(i instruction) { a.instructions = append(a.instructions, i) }

func (a *assembler) label(name string) { a.labels[name] = len(a.instructions) }

func (a *assembler) move(to, from byte) {
	a.emit(instruction{operation: opMove, destination: to, source: from})
}

func (a *assembler) set(register byte, value int32) {
	a.emit(instruction{operation: opSet, destination: register, value: value})
}

func (a *assembler) add(register byte, value int32) {
	a.emit(instruction{operation: opAdd, destination: register, value: value})
}

func (a *assembler) and(register byte, value int32) {
	a.emit(instruction{operation: opAnd, destination: register, value: value})
}

func (a *assembler) load(to, from byte, offset int16) {
	a.emit(instruction{operation: opLoadWord, destination: to, source: from, offset: offset})
}

func (a *assembler) storeWord(to byte, offset int16, value int32) {
	a.emit(instruction{operation: opStoreWord, destination: to, offset: offset, value: value})
}

func (a *assembler) loadMap(to byte, descriptor int) {
	a.emit(instruction{operation: opLoad64, destination: to, source: pseudoMapDescriptor, value: int32(descriptor)})
	a.emit(instruction{})
}

func (a *assembler) jump(target string) { a.emit(instruction{operation: opJump, target: target}) }

func (a *assembler) jumpIf(register byte, value int32, target string) {
	a.emit(instruction{operation: opJumpIf, destination: register, value: value, target: target})
}

func (a *assembler) jumpUnless(register byte, value int32, target string) {
	a.emit(instruction{operation: opJumpUnless, destination: register, value: value, target: target})
}

func (a *assembler) jumpIf64(register byte, value int32, target string) {
	a.emit(instruction{operation: opJumpIf64, destination: register, value: value, target: target})
}

func (a *assembler) call(function int32) {
	a.emit(instruction{operation: opCall, value: function})
}

func (a *assembler) exit() { a.emit(instruction{operation: opExit}) }

// code is what the kernel takes, on a little-endian machine.
func (a *assembler) code() []byte {
	code := make([]byte, 0, len(a.instructions)*instructionBytes)
	for at, i := range a.instructions {
		offset := i.offset
		if i.target != "" {
			offset = int16(a.labels[i.target] - at - 1)
		}
		var encoded [instructionBytes]byte
		encoded[0] = i.operation
		encoded[1] = i.source<<4 | i.destination
		binary.LittleEndian.PutUint16(encoded[2:], uint16(offset))
		binary.LittleEndian.PutUint32(encoded[4:], uint32(i.value))
		code = append(code, encoded[:]...)
	}
	return code
}
