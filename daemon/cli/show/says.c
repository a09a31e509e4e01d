#include "cli/show/says.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

static const struct says list[] = {
    /* of every command */
    {"--%s: \"%s\" is not a duration such as 30s, 30min or 1h30min",
     "--%s：“%s”不是时长，例如 30s、30min、1h30min"},
    {"--%s: \"%s\" is not a whole number", "--%s：“%s”不是整数"},
    {"--utc-offset: \"%s\" is not an offset such as +08:00",
     "--utc-offset：“%s”不是时差，例如 +08:00"},
    {"--color: \"%s\" is not auto, always or never", "--color：“%s”应为 auto、always 或 never"},
    {"more than %d options", "选项超过 %d 个"},
    {"%s needs a value", "%s 缺少取值"},
    {"unknown or ambiguous option %s; see hongxin %s --help",
     "选项 %s 不存在或不明确；见 hongxin %s --help"},
    {"\"%s\" was not expected; see hongxin %s --help", "多余的参数“%s”；见 hongxin %s --help"},
    {"out of memory", "内存不足"},
    {"%s: out of memory", "%s：内存不足"},
    {"%s cannot be written", "%s 无法写入"},
    {"%s cannot be read: %s", "%s 无法读取：%s"},
    {"%s is too large", "%s 过大"},
    {"%s: it cannot be read to its end", "%s：未能读完"},

    /* connections */
    {"key %s: %s", "密钥 %s：%s"},
    {"others may read it: it must have mode 0600", "他人可读：权限须为 0600"},
    {"there is no such file", "文件不存在"},
    {"it is no key file, or has no `server` line; or an endpoint is wrong",
     "不是密钥文件，或缺少 server 一行；或者地址有误"},
    {"%s or %s is not an endpoint: tcp://host:port or ipc://path",
     "%s 或 %s 不是地址：应为 tcp://主机:端口 或 ipc://路径"},
    {"cannot set up a connection: %s", "无法建立连接：%s"},
    {"%s: not permitted%s%s", "%s：无权限%s%s"},
    {"no answer from %s within %g s. Is hongxind running there? deploy/run starts one%s%s",
     "%s 在 %g 秒内没有应答。hongxind 是否在运行？deploy/run 可启动%s%s"},
    {"; last problem ", "；最近的问题 "},
    {"the daemon takes nothing now: %s", "系统暂不受理：%s"},
    {"there is no %s", "没有这样的%s"},
    {"%s: %s%s%s", "%s：%s%s%s"},
    {"case", "案件"},
    {"case or identity", "案件或身份"},
    {"records", "记录"},
    {"list", "清单"},
    {"figures", "统计"},
    {"counters", "计数"},
    {"feed", "订阅"},
    {"answer", "答复"},
    {"event", "事件"},
    {"route", "派单规则"},
    {"silences", "静默"},
    {"such rules; kinds are life-cycle, calendar, city and texts",
     "规则；种类有 life-cycle、calendar、city、texts"},
    {"similar cases", "相似案件"},
    {"on-site code", "现场码"},

    /* imports */
    {"columns that the mapping does not name: %s\n", "映射文件未提及的列：%s\n"},
    {"which file? hongxin import FILE; - is standard input",
     "哪个文件？hongxin import 文件；- 为标准输入"},
    {"is %s a table or JSON Lines? --format csv or jsonl",
     "%s 是表格还是 JSON Lines？请加 --format csv 或 jsonl"},
    {"a table needs --map, e.g. config/mappings/history.yaml",
     "表格需要 --map，例如 config/mappings/history.yaml"},

    /* cases */
    {"which case? hongxin %s CL-17", "哪个案件？hongxin %s CL-17"},
    {"which case? Its number, as CL-17 or 17", "哪个案件？请给编号，如 CL-17 或 17"},
    {"which case, or which area? hongxin silence %s N, or --place",
     "哪个案件或哪个区域？hongxin silence %s N，或 --place"},
    {"%s; nothing was silenced", "%s；未静默任何通知"},
    {"%s; no silence was ended", "%s；未解除任何静默"},
    {"which number? hongxin number CL-17", "哪个编号？hongxin number CL-17"},
    {"\"%s\" is not a case number", "“%s”不是案件编号"},
    {"--at: \"%s\" is not an instant like 2026-10-12T19:20:00+08:00",
     "--at：“%s”不是时刻，例如 2026-10-12T19:20:00+08:00"},
    {"--at: %s is not an RFC 3339 time with an offset", "--at：%s 不是带时差的 RFC 3339 时刻"},
    {"--position: %s is not LON,LAT in degrees", "--position：%s 不是“经度,纬度”"},
    {"--%s: more than %d", "--%s：超过 %d 个"},
    {"--level: \"%s\" is not L0 … L5", "--level：“%s”应为 L0 … L5"},
    {"the case has no clock %s", "案件没有时限 %s"},
    {"the case has no clock%s", "案件没有时限%s"},
    {"what falls due", "到期事项"},
    {"--by city, street, community, grid or holder",
     "--by 应为 city、street、community、grid 或 holder"},
    {"--%s is needed", "缺少 --%s"},
    {"new, end or list, not %s", "应为 new、end 或 list，不是 %s"},
    {"which building? --building B-0417", "哪栋楼？--building B-0417"},
    {"%s: its life cycle cannot be read", "%s：流程文件无法读取"},

    /* publishing */
    {"--data %s: KEY=VALUE is expected", "--data %s：应为 KEY=VALUE"},
    {"--unless-similar goes with a report that has a place",
     "--unless-similar 只用于写明地点的受理"},
    {"not published: perhaps it is one of these; PARTY_ADDED adds a reporter",
     "未提交：可能与以上案件相同；PARTY_ADDED 可追加诉求人"},
    {"the checkpoint %s is of another input; --from-start passes over it",
     "进度文件 %s 属于另一份输入；--from-start 可忽略它"},
    {"stopped; the same command goes on behind row %" PRIu64,
     "已停止；同一命令将从第 %" PRIu64 " 行之后继续"},
    {"--type, --file and --csv do not go together", "--type、--file、--csv 不能同时使用"},
    {"nothing to publish: give --type, --file or --csv, or pipe JSON "
     "Lines in; see hongxin publish --help",
     "没有可提交的内容：请给出 --type、--file 或 --csv，或从管道输入 JSON Lines；"
     "见 hongxin publish --help"},
    {"going on behind row %" PRIu64 ", which was answered before\n",
     "从第 %" PRIu64 " 行之后继续，此前各行已有答复\n"},
    {"%s: no secret in its first line", "%s：第一行没有查询码"},
    {"%s has no heading: %s", "%s 缺少表头：%s"},
    {"%s does not fit %s: %s", "%s 与 %s 不符：%s"},
    {"--csv needs --map, e.g. --map config/mappings/12345.yaml",
     "--csv 须配 --map，例如 --map config/mappings/12345.yaml"},

    /* who reported */
    {"--reason is required", "必须给出 --reason（理由）"},
    {"which copy? Its call-back reference, as CB-XXXX-XXXX-XXXX",
     "哪一份？请给回访代号，如 CB-XXXX-XXXX-XXXX"},
    {"nobody was given this reference for this case", "此案件从未发出过这个回访代号"},
    {"recorded as entry %" PRIu64 "\n", "已记入第 %" PRIu64 " 条记录\n"},
    {"identities erased: %" PRIu32 ", recorded as entry %" PRIu64 "\n",
     "已销毁身份：%" PRIu32 "，记入第 %" PRIu64 " 条记录\n"},
    {"warning: the daemon refuses this registry: %s\n", "警告：守护进程拒绝此登记表：%s\n"},
    {"quarantine not searched for identities that cannot be read: %" PRIu32 "\n",
     "有身份无法读取，未能据以搜查隔离区：%" PRIu32 "\n"},
    {"refused events that named them, emptied: %" PRIu32 "\n",
     "隔离区中提及此人的被拒事件，已清空：%" PRIu32 "\n"},
    {"held, recorded as entry %" PRIu64 "\n", "已设法律保全，记入第 %" PRIu64 " 条记录\n"},
    {"hold released, recorded as entry %" PRIu64 "\n",
     "已解除法律保全，记入第 %" PRIu64 " 条记录\n"},
    {"the copy of %s (%s)\n", "该份发给 %s（%s）\n"},

    /* new versions */
    {"one of --preview, --ask and --agree", "须选 --preview、--ask、--agree 之一"},
    {"who? --by operator/wang", "由谁？--by operator/wang"},
    {"why? --why \"notice of the State Council\"", "为何？--why \"国务院办公厅通知\""},
    {"%s: only files of a city are applied together", "%s：只有城市资料的文件可一并生效"},
    {"which file? hongxin apply china.ics", "哪个文件？hongxin apply china.ics"},

    /* examining and proving */
    {"%s: not an identity key of 32 bytes", "%s：不是 32 字节的身份密钥"},
    {"%s cannot be examined: %s", "%s 无法检查：%s"},
    {"the journal itself is damaged, or other rules wrote it: nothing is "
     "derived from it; see hongxin doctor without --repair",
     "流水本身损坏，或由其他规则写成：不据此重建；请先不带 --repair 运行 hongxin doctor"},
    {"%s cannot be repaired: %s", "%s 无法修复：%s"},
    {"%s: not a journal that hongxin export wrote", "%s：不是 hongxin export 导出的流水"},
    {"%s: the file is damaged or was cut", "%s：文件损坏或不完整"},
    {"either --store DIR or --export FILE", "--store 目录 与 --export 文件 二选一"},
    {"--repair goes with --store", "--repair 须配 --store"},
    {"--dry-run goes with --repair", "--dry-run 须配 --repair"},
    {"the journal cannot be examined: %s", "流水无法检查：%s"},
    {"examining %s …\n", "正在检查 %s …\n"},
    {"%" PRIu64 " entries, %" PRIu64 " of them made again; %" PRIu64 " cases, %" PRIu64
     " without all their entries; %" PRIu64 " identities: ",
     "%" PRIu64 " 条记录，其中重演 %" PRIu64 " 条；案件 %" PRIu64 " 件，其中记录不全 %" PRIu64
     " 件；身份 %" PRIu64 " 份："},
    {"nothing wrong found\n", "未发现问题\n"},
    {"  (can be repaired)", "（可修复）"},
    {"%" PRIu64 " findings, %" PRIu64 " of them can be repaired\n",
     "发现 %" PRIu64 " 处问题，其中 %" PRIu64 " 处可修复\n"},
    {"%" PRIu64 " would be put right\n", "将修复 %" PRIu64 " 处\n"},
    {"%" PRIu64 " put right\n", "已修复 %" PRIu64 " 处\n"},
    {"the journal cannot be written: %s", "流水无法写出：%s"},
    {"which store? --store DIR", "哪个库？--store 目录"},
    {"it is no text: name a file, or send it into a pipe",
     "内容不是文本：请给出文件名，或送入管道"},
    {"%" PRIu64 " entries\n", "%" PRIu64 " 条记录\n"},
    {"--public is 64 digits 0-9 a-f", "--public 应为 64 位 0-9 a-f"},
    {"%s is no exported journal", "%s 不是导出的流水"},
    {"entries %" PRIu64 "-%" PRIu64 ": %s\n", "第 %" PRIu64 "-%" PRIu64 " 条：%s\n"},
    {"signed by another key than --public", "签名密钥与 --public 不符"},
    {"signed by another key than before", "签名密钥与此前不同"},
    {"entries are missing: what was there is not proven", "有记录缺失：其内容无法证明"},
    {"not as they were when they were signed", "与签名时不一致"},
    {"the signature of their check-point is wrong", "检查点签名错误"},
    {"an entry stands out of order", "有记录顺序错乱"},
    {"an entry cannot be read", "有记录无法读取"},
    {"nothing of it is signed", "全部没有签名"},
    {"more is unsigned at the end than a daemon leaves there", "末尾未签名的记录多于守护进程所留"},
    {"--segment is a number from 1 to 1048576", "--segment 应为 1 至 1048576"},
    {"the file ends here, in the middle", "文件在此中断"},
    {"%" PRIu64 " entries; %" PRIu64 " of them as signed in %" PRIu64 " check-points; %" PRIu64
     " behind the last one; %" PRIu64 " faults\n",
     "共 %" PRIu64 " 条记录；其中 %" PRIu64 " 条与 %" PRIu64 " 个检查点的签名一致；%" PRIu64
     " 条在最后一个检查点之后；%" PRIu64 " 处有误\n"},
    {"signed by %s\n", "签名密钥 %s\n"},
    {"nobody", "（无）"},
    {"signed by %s: compare it with what you have noted, or give it as --public\n",
     "签名密钥 %s：请与所记录的核对，或用 --public 给出\n"},

    /* keys */
    {"%s: the first line must be ", "%s：第一行应为 "},
    {"%s holds no public key of the daemon; --server names its file, "
     "`hongxin key server` makes it",
     "%s 中没有服务端公钥；--server 指定其文件，hongxin key server 可生成"},
    {"a principal's name is at most 39 letters, digits, - _ and .",
     "主体名称最多 39 个字母、数字、- _ 和 ."},
    {"this ZeroMQ has no CURVE", "此 ZeroMQ 不支持 CURVE"},
    {"%s is there already, and a key is never overwritten; --out names another",
     "%s 已存在，密钥从不覆盖；可用 --out 另取文件名"},
    {"%s has a key already: hongxin key rotate gives it a second one",
     "%s 已有密钥：hongxin key rotate 可发第二把"},
    {"a new principal needs --role and --area", "新主体须给出 --role 与 --area"},
    {"no commas and quotes in roles, areas, sources and tenants",
     "角色、区域、来源、租户中不能有逗号和引号"},
    {"%s is not in %s", "%s 不在 %s 中"},
    {"%s has no such key in force", "%s 没有这把在用的密钥"},
    {"%s needs the principal's name", "%s 须给出主体名称"},
    {"\"%s\" is none of server, new, rotate, revoke, list",
     "“%s”应为 server、new、rotate、revoke、list 之一"},
    {"%s: secret key of %s, mode 0600; give it to nobody else\n",
     "%s：%s 的私钥，权限 0600；请勿交给他人\n"},
    {"%s: the daemon's public key; every key file gets it\n", "%s：服务端公钥；写入每个密钥文件\n"},
    {"%s: %zu keys revoked\n", "%s：已吊销 %zu 把密钥\n"},

    /* the rest */
    {"\"%s\" is not bash or man", "“%s”应为 bash 或 man"},
    {"hongxind ended by itself", "hongxind 自行退出"},
    {"--minutes is 1 to 600, --rate 1 to 6000", "--minutes 为 1 至 600，--rate 为 1 至 6000"},
    {"the city has no buildings", "城市资料中没有楼栋"},
    {"hongxind did not start", "hongxind 未能启动"},
    {"cannot make a folder in %s: %s", "无法在 %s 建立目录：%s"},
    {"cannot start a process: %s", "无法启动进程：%s"},
};

const struct says *says_all(size_t *n)
{
    *n = sizeof list / sizeof *list;
    return list;
}

const char *says(const struct cli *cli, const char *english)
{
    for (size_t i = 0; cli->zh && i < sizeof list / sizeof *list; i++)
        if (strcmp(list[i].en, english) == 0)
            return list[i].zh;
    return english;
}

void cli_say(const struct cli *cli, FILE *to, const char *english, ...)
{
    va_list ap;
    va_start(ap, english);
    vfprintf(to, says(cli, english), ap);
    va_end(ap);
}
