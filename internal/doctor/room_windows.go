package doctor

import (
	"syscall"
	"unsafe"
)

// free is how many bytes a user may still write to the volume that holds dir
// (GetDiskFreeSpaceExW of the Windows API).
func free(dir string) (uint64, error) {
	path, err := syscall.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var bytes uint64
	call := syscall.NewLazyDLL("kernel32.dll").NewProc("GetDiskFreeSpaceExW")
	// #nosec G103 -- the call takes pointers
	if done, _, err := call.Call(uintptr(unsafe.Pointer(path)), uintptr(unsafe.Pointer(&bytes)), 0, 0); done == 0 {
		return 0, err
	}
	return bytes, nil
}
