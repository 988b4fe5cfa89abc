/* A whole plugin in plain C: one permission, one route, one subscription, one log line.
 *
 * It has no state beside its tables, so its callbacks may overlap and nothing needs a lock. */
#include <nexus/nexus.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct hello {
  nx_plugin plugin; /* what the host holds; `self` points to this struct */
  const nx_host* host;
  const nx_auth_api* auth;
  const nx_call_api* call;
  const nx_events_api* events;
  const nx_http_api* http;
  const nx_i18n_api* i18n;
  const nx_log_api* log;
} hello;

static nx_str text(const char* literal) {
  nx_str view = {literal, strlen(literal)};
  return view;
}

static void log_info(const hello* me, const nx_call* call, const char* message, const nx_kv* fields, uint32_t count) {
  if (*me->log->threshold <= NX_LOG_INFO) me->log->write(me->host, call, NX_LOG_INFO, text(message), fields, count);
}

/* GET /api/v1/hello/c */
static nx_status greet(void* user_data, nx_call* call, nx_http* http) {
  const hello* me = user_data;
  char data[128];
  (void)snprintf(data, sizeof data, "{\"message\":\"Hello from C\",\"user_id\":%lld}",
                 (long long)me->call->principal(call)->user_id);
  nx_response response = {0};
  response.struct_size = sizeof response;
  response.message_key = text("hello_c.greeted");
  response.data_json = text(data);
  return me->http->reply(http, &response);
}

/* A note was added to the C++ example; where that is not loaded, this never runs. */
static void noted(void* user_data, nx_call* call, const nx_event* event) {
  const nx_kv fields[] = {{text("note"), {NX_V_TEXT, 0, {.s = event->key}}}};
  log_info(user_data, call, "a note was added", fields, 1);
}

static nx_status add_texts(const hello* me, nx_reg* reg) {
  const nx_status status = me->i18n->add_catalogue(
      reg, text("en"), text("{\"hello_c.greeted\":\"Greeted\",\"hello_c.permission.read\":\"Be greeted from C\"}"));
  if (status != NX_OK) return status;
  return me->i18n->add_catalogue(
      reg, text("zh-CN"), text("{\"hello_c.greeted\":\"已问候\",\"hello_c.permission.read\":\"接收 C 语言问候\"}"));
}

static nx_status add_permission(const hello* me, nx_reg* reg) {
  nx_permission permission = {0};
  permission.struct_size = sizeof permission;
  permission.name = text("hello_c.read");
  permission.title_key = text("hello_c.permission.read");
  permission.default_roles = text("operator,user");
  return me->auth->declare_permission(reg, &permission);
}

static nx_status add_route(hello* me, nx_reg* reg) {
  nx_route route = {0};
  route.struct_size = sizeof route;
  route.method = text("GET");
  route.pattern = text("/api/v1/hello/c");
  route.permission = text("hello_c.read");
  route.openapi_json = text(
      "{\"operationId\":\"greetFromC\",\"summary\":\"Greet the caller from C\",\"tags\":[\"hello\"],"
      "\"responses\":{\"200\":{\"description\":\"The greeting\",\"content\":{\"application/json\":{\"schema\":"
      "{\"type\":\"object\",\"required\":[\"message\",\"user_id\"],\"properties\":"
      "{\"message\":{\"type\":\"string\"},\"user_id\":{\"type\":\"integer\"}}}}}}}}");
  route.fn = greet;
  route.user_data = me;
  return me->http->add_route(reg, &route);
}

static nx_status add_subscription(hello* me, nx_reg* reg) {
  nx_subscription subscription = {0};
  subscription.struct_size = sizeof subscription;
  subscription.pattern = text("hello.noted/1");
  subscription.fn = noted;
  subscription.user_data = me;
  return me->events->subscribe(reg, &subscription);
}

static nx_status register_all(void* self, nx_reg* reg, nx_call* call) {
  (void)call;
  hello* me = self;
  nx_status status = add_texts(me, reg);
  if (status == NX_OK) status = add_permission(me, reg);
  if (status == NX_OK) status = add_route(me, reg);
  if (status == NX_OK) status = add_subscription(me, reg);
  return status;
}

static nx_status start(void* self, nx_call* call) {
  log_info(self, call, "hello from C", NULL, 0);
  return NX_OK;
}

static void stop(void* self) { (void)self; }

static void destroy(void* self) { free(self); }

/* Fetches the tables that this plugin uses; a host that lacks one cannot run it. */
static nx_status fetch_tables(hello* me) {
  const struct {
    const char* id;
    const void** table;
  } wanted[] = {
      {NX_AUTH_ID, (const void**)&me->auth},     {NX_CALL_ID, (const void**)&me->call},
      {NX_EVENTS_ID, (const void**)&me->events}, {NX_HTTP_ID, (const void**)&me->http},
      {NX_I18N_ID, (const void**)&me->i18n},     {NX_LOG_ID, (const void**)&me->log},
  };
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; ++i) {
    const nx_status status = me->host->get_interface(me->host, text(wanted[i].id), 0, wanted[i].table);
    if (status != NX_OK) return status;
  }
  return NX_OK;
}

static nx_status create(const nx_host* host, const nx_plugin** out) {
  hello* me = calloc(1, sizeof *me);
  if (me == NULL) return NX_E_LIMIT;
  me->host = host;
  const nx_status status = fetch_tables(me);
  if (status != NX_OK) {
    free(me);
    return status;
  }
  me->plugin.struct_size = sizeof me->plugin;
  me->plugin.flags = NX_PLUGIN_CONCURRENT;
  me->plugin.self = me;
  me->plugin.register_all = register_all;
  me->plugin.start = start;
  me->plugin.stop = stop;
  me->plugin.destroy = destroy;
  *out = &me->plugin;
  return NX_OK;
}

const nx_entry nexus_plugin_entry = {
    .magic = NX_MAGIC,
    .struct_size = sizeof(nx_entry),
    .abi_major = NX_ABI_MAJOR,
    .abi_built_minor = NX_ABI_MINOR,
    .abi_min_minor = 0,
    .id = "hello_c",
    .version = "1.0.0",
    .sdk_build = "nexus-c " __VERSION__,
    .create = create,
};
