/* The whole plugin ABI. Each header can also be included alone. */
#ifndef NEXUS_NEXUS_H
#define NEXUS_NEXUS_H

#include <nexus/audit.h>
#include <nexus/auth.h>
#include <nexus/base.h>
#include <nexus/call.h>
#include <nexus/clock.h>
#include <nexus/commands.h>
#include <nexus/config.h>
#include <nexus/db.h>
#include <nexus/entry.h>
#include <nexus/events.h>
#include <nexus/host.h>
#include <nexus/http.h>
#include <nexus/i18n.h>
#include <nexus/log.h>
#include <nexus/plugin.h>
#include <nexus/secrets.h>
#include <nexus/services.h>
#include <nexus/ws.h>

#endif
