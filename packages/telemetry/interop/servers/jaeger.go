package main

import (
	"context"
	"os/signal"
	"syscall"

	"github.com/jaegertracing/jaeger/cmd/collector/app"
	"github.com/jaegertracing/jaeger/cmd/collector/app/flags"
	query "github.com/jaegertracing/jaeger/cmd/query/app"
	"github.com/jaegertracing/jaeger/cmd/query/app/querysvc"
	"github.com/jaegertracing/jaeger/pkg/healthcheck"
	"github.com/jaegertracing/jaeger/pkg/metrics"
	"github.com/jaegertracing/jaeger/pkg/telemetery"
	"github.com/jaegertracing/jaeger/pkg/tenancy"
	"github.com/jaegertracing/jaeger/plugin/storage/memory"
	"go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"
)

// One that is free: nobody asks there.
const anywhere = "127.0.0.1:0"

// jaeger runs what Jaeger's all-in-one puts together, without the storages that would take minutes to build: its collector,
// which receives OTLP, its memory, and the API of its page. Until a signal ends it.
func jaeger(otlpHTTP, otlpGRPC, api string) error {
	ended, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	logger, err := zap.NewProduction()
	if err != nil {
		return err
	}
	storage := memory.NewFactory()
	if err := storage.Initialize(metrics.NullFactory, logger); err != nil {
		return err
	}
	health := healthcheck.New()
	tenants := tenancy.NewManager(&tenancy.Options{})

	writer, err := storage.CreateSpanWriter()
	if err != nil {
		return err
	}
	receiver := app.New(&app.CollectorParams{
		ServiceName:    "jaeger-collector",
		Logger:         logger,
		MetricsFactory: metrics.NullFactory,
		SpanWriter:     writer,
		HealthCheck:    health,
		TenancyMgr:     tenants,
	})
	received := &flags.CollectorOptions{NumWorkers: 1, QueueSize: 10_000}
	received.HTTP.HostPort = anywhere
	received.GRPC.HostPort = anywhere
	received.OTLP.Enabled = true
	received.OTLP.HTTP.HostPort = otlpHTTP
	received.OTLP.GRPC.HostPort = otlpGRPC
	if err := receiver.Start(received); err != nil {
		return err
	}
	defer receiver.Close()

	reader, err := storage.CreateSpanReader()
	if err != nil {
		return err
	}
	dependencies, err := storage.CreateDependencyReader()
	if err != nil {
		return err
	}
	asked := &query.QueryOptions{}
	asked.HTTP.Endpoint = api
	asked.GRPC.NetAddr.Endpoint = anywhere
	asked.GRPC.NetAddr.Transport = "tcp"
	answers := querysvc.NewQueryService(reader, dependencies, *asked.BuildQueryServiceOptions(storage, logger))
	server, err := query.NewServer(answers, nil, asked, tenants, telemetery.Setting{
		Logger:         logger,
		TracerProvider: noop.NewTracerProvider(),
		Metrics:        metrics.NullFactory,
		ReportStatus:   telemetery.HCAdapter(health),
	})
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	<-ended.Done()
	return server.Close()
}
