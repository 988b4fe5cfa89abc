// Visits in a table, counted.
#pragma once

#include <nexus/cpp/http.h>
#include <nexus/cpp/result.h>

// Adds one and answers how many there are, with the plugin's settings.
nexus::Result<nexus::Response> add_visit(nexus::Request& request);
