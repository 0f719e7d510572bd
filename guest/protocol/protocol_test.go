package protocol

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"testing"
)

// The host's side reads the same vectors: src/machines/boot/guest-vectors.test.ts.
func TestVectorsKeepTheirShape(t *testing.T) {
	content, err := os.ReadFile("../testdata/protocol.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Type  string
		Value json.RawMessage
	}
	if err := json.Unmarshal(content, &vectors); err != nil {
		t.Fatal(err)
	}
	types := map[string]func() any{
		"config":      func() any { return &Config{} },
		"processSpec": func() any { return &ProcessSpec{} },
		"execSpec":    func() any { return &ExecSpec{} },
		"runSpec":     func() any { return &RunSpec{} },
		"status":      func() any { return &Status{} },
		"event":       func() any { return &Event{} },
		"logLine":     func() any { return &LogLine{} },
		"lost":        func() any { return &Lost{} },
		"runResult":   func() any { return &RunResult{} },
		"error":       func() any { return &ErrorBody{} },
		"egressHead":  func() any { return &EgressHead{} },
	}
	seen := map[string]bool{}
	for _, vector := range vectors {
		make, ok := types[vector.Type]
		if !ok {
			t.Fatalf("vector of unknown type %q", vector.Type)
		}
		seen[vector.Type] = true
		value := make()
		decoder := json.NewDecoder(bytes.NewReader(vector.Value))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(value); err != nil {
			t.Fatalf("%s: %v", vector.Type, err)
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		var want, got any
		if json.Unmarshal(vector.Value, &want) != nil || json.Unmarshal(encoded, &got) != nil {
			t.Fatal("not JSON")
		}
		if !reflect.DeepEqual(want, got) {
			t.Errorf("%s: encoded %s, want %s", vector.Type, encoded, vector.Value)
		}
	}
	if len(seen) != len(types) {
		t.Errorf("only %v have vectors", seen)
	}
}
