// The documented example, from the figures behind it.
#include "metrics_answer.h"

#include <doctest/doctest.h>

using namespace nexus::monitoring;
using nexus::contracts::FileSystem;

TEST_CASE("a sample becomes the documented answer, letter for letter") {
  Sample sample;
  sample.time_us = 1705334400000000;
  sample.before = {{0, 0}, {{0, {0, 0}}, {1, {0, 0}}}};
  sample.after = {{355, 1000}, {{0, {302, 1000}}, {1, {408, 1000}}}};
  sample.memory = {8589934592, 4294967296, 4294967296};
  sample.mounts = {{"/dev/sda1", "/"}, {"/dev/gone", "/gone"}};
  sample.file_systems = {FileSystem{"/", true, 107374182400, 53687091200, 50000000000},
                         FileSystem{"/gone", false, 0, 0, 0}};
  sample.traffic = {1073741824, 2147483648, 1000000, 2000000};
  CHECK(
      nexus::dump(metrics_json(sample)) ==
      R"({"timestamp":"2024-01-15T16:00:00Z",)"
      R"("cpu":{"usage_percent":35.5,"cores":[{"core":0,"usage_percent":30.2},{"core":1,"usage_percent":40.8}]},)"
      R"("memory":{"total":8589934592,"used":4294967296,"free":4294967296,"usage_percent":50.0},)"
      R"("disk":[{"device":"/dev/sda1","mount_point":"/","total":107374182400,"used":53687091200,)"
      R"("free":53687091200,"usage_percent":50.0}],)"
      R"("network":{"bytes_sent":1073741824,"bytes_recv":2147483648,"packets_sent":1000000,"packets_recv":2000000}})");
}

TEST_CASE("a core that came online in between has no past, and impossible sizes stay in range") {
  Sample sample;
  sample.after.cores = {{7, {50, 100}}};
  sample.mounts = {{"/dev/sda1", "/"}};
  sample.file_systems = {FileSystem{"/", true, 100, 200, 0}};
  const auto answer = metrics_json(sample);
  CHECK(answer["cpu"]["cores"][0]["usage_percent"] == 0.0);
  CHECK(answer["disk"][0]["used"] == 0);
  CHECK(answer["memory"]["usage_percent"] == 0.0);
}
