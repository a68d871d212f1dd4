// The OpenTelemetry Collector and Jaeger, as far as tests ask for them: one program, since they are made of the same parts.
package main

import (
	"errors"
	"log"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(arguments []string) error {
	switch {
	case len(arguments) == 2 && arguments[0] == "collector":
		return collector(arguments[1])
	case len(arguments) == 4 && arguments[0] == "jaeger":
		return jaeger(arguments[1], arguments[2], arguments[3])
	}
	return errors.New("usage: servers collector CONFIGURATION | servers jaeger OTLP_HTTP OTLP_GRPC API, each host:port")
}
