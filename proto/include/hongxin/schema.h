/* Short names for the generated message types. The generator's names follow the package and are
 * long; these are the ones used in the source. */
#ifndef HONGXIN_SCHEMA_H
#define HONGXIN_SCHEMA_H

#include "hongxin/v1/event.pb-c.h"
#include "hongxin/v1/journal.pb-c.h"
#include "hongxin/v1/wire.pb-c.h"

typedef Hongxin__V1__Event hxp_event;
typedef Hongxin__V1__Data hxp_data;
typedef Hongxin__V1__Reporter hxp_reporter;
typedef Hongxin__V1__Reply hxp_reply;
typedef Hongxin__V1__Promise hxp_promise;
typedef Hongxin__V1__Fact hxp_fact;
typedef Hongxin__V1__StateFact hxp_state_fact;
typedef Hongxin__V1__ClassFact hxp_class_fact;
typedef Hongxin__V1__ClockFact hxp_clock_fact;
typedef Hongxin__V1__BreachFact hxp_breach_fact;
typedef Hongxin__V1__BreachMarkFact hxp_breach_mark_fact;
typedef Hongxin__V1__NoticeFact hxp_notice_fact;
typedef Hongxin__V1__DeliveryFact hxp_delivery_fact;
typedef Hongxin__V1__OwnerFact hxp_owner_fact;
typedef Hongxin__V1__FlagFact hxp_flag_fact;
typedef Hongxin__V1__AlarmFact hxp_alarm_fact;
typedef Hongxin__V1__AuditFact hxp_audit_fact;
typedef Hongxin__V1__RulesFact hxp_rules_fact;
typedef Hongxin__V1__RulesVersion hxp_rules_version;
typedef Hongxin__V1__SilenceView hxp_silence;
typedef Hongxin__V1__Where hxp_where;
typedef Hongxin__V1__Routing hxp_routing;
typedef Hongxin__V1__Entry hxp_entry;
typedef Hongxin__V1__CaseView hxp_case_view;
typedef Hongxin__V1__Request hxp_request;
typedef Hongxin__V1__Response hxp_response;

#endif
