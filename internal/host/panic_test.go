package host

import (
	"slices"
	"strings"
	"testing"
)

// inALibrary is what a Go chaincode wrote whose function has a nil pointer, with the libraries' frames.
const inALibrary = `panic: runtime error: invalid memory address or nil pointer dereference
	panic: once more
[signal SIGSEGV: segmentation violation code=0x1 addr=0x20 pc=0x9c414a]

goroutine 16 [running]:
panic({0xb9d0a0?, 0xd9a4b0?})
	/usr/local/go/src/runtime/panic.go:787 +0x132
main.inner(...)
	/home/a/assets/crash.go:16
main.(*AssetContract).Boom(0x11a3775023b0?, {0x11a37751a250?, 0x1?}, {0xc1d660?, 0x0?})
	/home/a/assets/crash.go:11 +0x2a
example.com/assets/prices.Table.At({0x1, 0x2})
	/home/a/assets/prices/table.go:7 +0x11
...4 frames elided...
reflect.Value.call({0xb864a0?, 0x11a377596990?, 0x11a37759daf8?}, {0xbba616, 0x4}, {0x11a3775166f0, 0x2, 0x3?})
	/usr/local/go/src/reflect/value.go:586 +0xf0c
github.com/hyperledger/fabric-contract-api-go/v2/contractapi.(*ContractChaincode).Invoke(0x11a3775e0f00, {0xc17428, 0x11a3775546e0})
	/root/go/pkg/mod/github.com/hyperledger/fabric-contract-api-go/v2@v2.2.2/contractapi/contract_chaincode.go:207 +0xb5a
example.com/own/lib.F()
	/home/a/assets/vendor/example.com/own/lib/f.go:2 +0xb5a
created by main.main in goroutine 20
	/home/a/assets/main.go:8 +0x105

goroutine 17 [select]:
main.other()
	/home/a/assets/main.go:9 +0x1
exit status 2`

func TestAPanicIsToldByTheUsersFrames(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want string
	}{
		"in a library": {inALibrary, `panic: runtime error: invalid memory address or nil pointer dereference
	panic: once more
[signal SIGSEGV: segmentation violation code=0x1 addr=0x20 pc=0x9c414a]
main.inner(...)
	/home/a/assets/crash.go:16
main.(*AssetContract).Boom(...)
	/home/a/assets/crash.go:11
example.com/assets/prices.Table.At(...)
	/home/a/assets/prices/table.go:7
created by main.main in goroutine 20
	/home/a/assets/main.go:8`},
		"without a frame of the user's": {"before\nfatal error: all asleep\n\ngoroutine 1 [select]:\nruntime.x()\n\t/usr/local/go/src/runtime/x.go:1 +0x1",
			"fatal error: all asleep\ngoroutine 1 [select]:\nruntime.x()\n\t/usr/local/go/src/runtime/x.go:1 +0x1"},
		"the last of two": {"panic: first\n\ngoroutine 1 [running]:\nmain.f()\n\t/a/f.go:1 +0x1\npanic: second\n\ngoroutine 1 [running]:\nmain.g()\n\t/a/g.go:1 +0x1",
			"panic: second\nmain.g(...)\n\t/a/g.go:1"},
		"a line like one":     {"panic: buttons are fun\nleaving", "panic: buttons are fun\nleaving"},
		"more than is kept":   {"panic: deep\n\ngoroutine 1 [running]:\n" + strings.Repeat("main.f()\n\t/a/f.go:1 +0x1\n", 400), "panic: deep\n" + strings.Repeat("main.f(...)\n\t/a/f.go:1\n", (tailLines-2)/2) + "main.f(...)"},
		"cut off in the head": {"panic: cut\n\ngoroutine 1 [running]:", "panic: cut\ngoroutine 1 [running]:"},
	} {
		t.Run(name, func(t *testing.T) {
			var out output
			var last tail
			copyLines(strings.NewReader(tc.text), &out, &last)
			if got := strings.Join(last.last(goPanicExit), "\n"); got != tc.want {
				t.Errorf("it is told as\n%s", got)
			}
		})
	}
}

func TestAnotherExitIsNoPanic(t *testing.T) {
	var out output
	var last tail
	copyLines(strings.NewReader(inALibrary+strings.Repeat("\nrecovered", tailLines)), &out, &last)
	if got := last.last(3); !slices.Equal(got, slices.Repeat([]string{"recovered"}, tailLines)) {
		t.Errorf("the log is %q", got)
	}
}
