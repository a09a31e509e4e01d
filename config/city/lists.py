"""Lists of the sample city that are written, not drawn: other units, the admission list, the routing table. All invented.

Tasks are the everyday work of any community; a real city writes its own published list.
"""

DAY_PARTS = [  # name, Chinese, English, begin, end
    ("DAY", "日间", "Daytime", "06:00", "18:00"),
    ("EVENING4", "晚间四小时", "Four evening hours", "18:00", "22:00"),
    ("NIGHT", "夜间", "Night", "22:00", "06:00"),
]

UNITS = [  # kind, Chinese, English; numbered U-1, U-2 … in this order
    ("utility", "供水公司", "Water Supply"), ("utility", "燃气公司", "Gas Supply"),
    ("utility", "供电公司", "Power Supply"), ("utility", "供热公司", "Heat Supply"),
    ("utility", "排水公司", "Drainage"), ("utility", "通信公司", "Telecommunication"),
    ("utility", "环卫公司", "Street Cleaning"), ("utility", "电梯维保中心", "Lift Maintenance Centre"),
    ("station", "晚间便民服务台", "Evening Service Desk"), ("station", "夜间值守台", "Night Desk"),
    ("organisation", "邻里互助社", "Neighbours' Aid Society"), ("organisation", "助老服务社", "Service Society for the Elderly"),
    ("social-work", "社工服务站", "Social Work Station"), ("volunteers", "志愿服务队", "Volunteer Team"),
    ("organisation", "调解服务社", "Mediation Society"), ("volunteers", "应急志愿队", "Emergency Volunteers"),
]
PARTNERS = 85 - len(UNITS)  # units that promised to help (共驻共建), to U-85

OWN = [
    ("居民议事组织", "Organise residents' meetings"), ("楼道信息张贴", "Post notices in stairwells"),
    ("居住情况登记", "Register who lives where"), ("邻里纠纷初步调解", "First mediation between neighbours"),
    ("独居老人探访", "Visit elderly people who live alone"), ("社区活动室开放", "Open the community room"),
    ("便民服务点值守", "Staff the service point"), ("居民意见收集", "Collect residents' opinions"),
    ("志愿者招募", "Recruit volunteers"), ("公共空间照看", "Look after shared spaces"),
    ("网格日常巡查", "Daily round of the grid"), ("社区公告栏管理", "Keep the notice board"),
    ("居民公约宣传", "Explain the residents' agreement"), ("闲置物品交换", "Run the exchange of used things"),
    ("社区读书角", "Keep the reading corner"), ("节约用水宣传", "Advise on saving water"),
    ("垃圾分类指导", "Advise on sorting waste"), ("社区花园认养", "Give out garden plots"),
    ("居民证明出具", "Write residence letters"), ("暑期儿童照看点", "Summer care point for children"),
]

ASSIST = [
    ("道路破损上报", "Report broken roads"), ("路灯故障上报", "Report street lamps that fail"),
    ("井盖缺失上报", "Report missing manhole covers"), ("树木倒伏上报", "Report fallen trees"),
    ("供水停水通知", "Pass on water cuts"), ("供电停电通知", "Pass on power cuts"),
    ("供热报修登记", "Take heating repairs"), ("燃气安全宣传", "Pass on gas safety advice"),
    ("消防通道劝导", "Ask to clear fire lanes"), ("电动车充电引导", "Guide charging of e-bikes"),
    ("高空坠物提醒", "Warn of falling objects"), ("宠物管理宣传", "Explain rules for pets"),
    ("噪声问题初访", "First visit about noise"), ("油烟问题初访", "First visit about kitchen fumes"),
    ("占道经营劝导", "Talk to stalls on pavements"), ("小广告清理协助", "Help to remove flyers"),
    ("雨雪天气提醒", "Warn of rain and snow"), ("防汛物资清点", "Count flood supplies"),
    ("疏散演练协助", "Help with evacuation drills"), ("老旧小区改造意见征询", "Ask opinions on renewal of old estates"),
    ("加装电梯意见征询", "Ask opinions on new lifts"), ("停车位信息收集", "Collect facts on parking"),
    ("业主大会协助", "Help owners' meetings"), ("物业交接见证", "Witness a change of company"),
    ("维修资金公示协助", "Help to publish use of the repair fund"), ("公共设施清点", "Count public facilities"),
    ("人口抽样入户引导", "Guide survey staff to homes"), ("经济普查引导", "Guide the economic census"),
    ("健康讲座场地", "Offer rooms for health talks"), ("体检通知", "Pass on check-up dates"),
    ("疫苗接种通知", "Pass on vaccination dates"), ("就业信息转发", "Pass on job offers"),
    ("技能培训报名", "Take names for training courses"), ("残疾人辅具需求登记", "Register needs for aids"),
    ("困难家庭初步了解", "First talk with families in need"), ("儿童入学信息核对", "Check school entry facts"),
    ("适龄儿童信息更新", "Update facts on school-age children"), ("退休手续咨询引导", "Guide to pension advice"),
    ("养老服务咨询引导", "Guide to advice on care"), ("法律咨询预约", "Book legal advice"),
    ("公证预约引导", "Guide to a notary"), ("河道垃圾上报", "Report waste in rivers"),
    ("绿地破坏上报", "Report damaged greens"), ("违规搭建上报", "Report unlawful building"),
]

EXCEPTIONS = [  # id, code, community, from, to, asked by, approved by
    ("E-5", "88", "C-06", "2026-10-01", "2026-10-31", "street:S-02/wang", "city/desk"),
]

ROUTES = [  # id, place, class, category, source, part, holder
    ("R-10", "*", "*", "station", "kiosk", "EVENING4", "U-9"),   # S31: the evening rota …
    ("R-11", "*", "*", "station", "kiosk", "NIGHT", "U-10"),     # … and at night the fallback
    ("R-12", "*", "*", "station", "*", "*", "@community"),
    ("R-20", "*", "*", "water-main", "*", "*", "U-1"),
    ("R-21", "*", "*", "gas-main", "*", "*", "U-2"),
    ("R-22", "*", "*", "power-grid", "*", "*", "U-3"),
    ("R-23", "*", "*", "heating-main", "*", "*", "U-4"),
    ("R-99", "*", "*", "*", "*", "*", "@place"),                 # the root: company, community or street
]

ROADS = [("*", "*", "*", 1, "feed")] + [  # role, area, person, order, road: whoever is not reached by the feed is rung up or written to
    (role, "*", "*", order, road)
    for role, second in (("duty", "voice"), ("manager", "voice"), ("community", "wechat"), ("grid", "wechat"), ("street", "voice"), ("city", "voice"))
    for order, road in enumerate(("feed", second), 1)
]
