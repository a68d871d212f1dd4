/**
 * How the embedded server is tuned: a whole application with its PostgreSQL should fit in 250 MB, and
 * nothing that was committed may be lost. Given on the command line, so that a newer Kerf changes them
 * for an existing data folder too.
 */
export const SETTINGS: Readonly<Record<string, string>> = {
  // Nobody but this machine, and no socket file whose path could be too long.
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  password_encryption: "scram-sha-256",
  // The passwords are 256 random bits, so stretching them protects nothing and costs each connection 2 ms.
  scram_iterations: "64",
  // A commit that was answered survives a power failure, and a page that was half written then is whole again. What may be
  // lost says so itself, transaction by transaction.
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  // The page cache of the operating system does the rest; development data is small.
  shared_buffers: "32MB",
  maintenance_work_mem: "16MB",
  wal_buffers: "1MB",
  // 20 connections for each process of a topology of ten; an unused slot costs about 20 kB.
  max_connections: "200",
  // Compiling a query costs more than these short queries, and loading LLVM 30 MB a backend.
  jit: "off",
  // PostgreSQL 18 starts three I/O workers by default, for disks that are slower than the ones here.
  io_method: "sync",
  // Parallel plans would multiply backends on a machine that also runs the application.
  max_worker_processes: "2",
  max_parallel_workers_per_gather: "0",
  max_parallel_maintenance_workers: "0",
  // Records that are trimmed leave room only where it is vacuumed. One worker is enough; each is a process.
  autovacuum: "on",
  autovacuum_max_workers: "1",
  autovacuum_worker_slots: "1",
  // There is no replica: less log to write, no launcher process, nothing that could retain log for ever.
  wal_level: "minimal",
  max_wal_senders: "0",
  max_replication_slots: "0",
  max_logical_replication_workers: "0",
  // Bounds the disk that log takes; fewer checkpoints, since an idle server should sleep.
  max_wal_size: "256MB",
  min_wal_size: "32MB",
  checkpoint_timeout: "15min",
  log_checkpoints: "off",
  // Saves a system call per statement.
  update_process_title: "off",
  // Times mean the same on every machine.
  timezone: "UTC",
  log_timezone: "UTC",
};
