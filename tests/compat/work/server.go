// SPDX-License-Identifier: Apache-2.0
// A web server whose answers take goroutines, memory to collect, and files; it ends cleanly by SIGTERM.
package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
)

func digest(answer http.ResponseWriter, request *http.Request) {
	parts := make([]string, 16)
	var all sync.WaitGroup
	for i := range parts {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			text := strings.Repeat(fmt.Sprintf("%s %d\n", request.URL.Path, i), 200)
			parts[i] = fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
		}(i)
	}
	all.Wait()
	fmt.Fprintf(answer, "%x\n", sha256.Sum256([]byte(strings.Join(parts, " "))))
}

func main() {
	http.HandleFunc("/digest/", digest)
	http.Handle("/files/", http.StripPrefix("/files/", http.FileServer(http.Dir("files"))))
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		panic(err)
	}
	server := &http.Server{}
	over := make(chan os.Signal, 1)
	signal.Notify(over, syscall.SIGTERM)
	go func() {
		<-over
		server.Shutdown(context.Background())
	}()
	if err := server.Serve(listener); err != http.ErrServerClosed {
		panic(err)
	}
}
