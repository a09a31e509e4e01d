"""Words for the sample city's invented names: (Chinese, pinyin) pairs, nothing else."""

AUSPICIOUS = """清 Qing,明 Ming,永 Yong,瑞 Rui,嘉 Jia,景 Jing,宏 Hong,兴 Xing,文 Wen,德 De,云 Yun,松 Song,竹 Zhu,兰 Lan,
荷 He,泽 Ze,晨 Chen,春 Chun,秋 Qiu,枫 Feng,桂 Gui,柳 Liu,锦 Jin,玉 Yu,和 He,平 Ping,福 Fu,长 Chang,新 Xin,金 Jin"""

LANDSCAPE = """华 Hua,泰 Tai,宁 Ning,康 Kang,源 Yuan,林 Lin,溪 Xi,湖 Hu,岭 Ling,庭 Ting,岸 An,阳 Yang,月 Yue,河 He,桥 Qiao,
田 Tian,原 Yuan,丰 Feng,顺 Shun,祥 Xiang,安 An,乐 Le,润 Run,茂 Mao,盛 Sheng,达 Da,悦 Yue,欣 Xin,怡 Yi,雅 Ya"""

# Pairs of the two lists above that everybody knows as a real place or firm.
TAKEN = """和田 玉溪 兰溪 金华 德阳 平安 金茂 新田 玉田 长乐 福安 永安 永康 永顺 新源 清华 清原 平顺 平湖 平原 兴宁 平阳 新华 文华 长安
长岭 长宁 长顺 福田 新安 新乐 新河 新泰 新宁 新林 德安 福鼎 泽田 金湖 金阳 金林 金源 平乐 平桥 平泰 和顺 和平 清河 清丰 明溪 兴安 兴华 桂林 桂阳
嘉祥 宏达 永达 泰达 永丰 永泰 永和 永宁 永乐 永兴 松原 松溪 松阳 景宁 竹溪 云阳 云霄 柳林 春华 秋林"""

ESTATE_ENDINGS = "苑 Garden,花园 Gardens,小区 Estate,里 Lane,家园 Homes,公寓 Apartments"

SURNAMES = """王 Wang,李 Li,张 Zhang,刘 Liu,陈 Chen,杨 Yang,赵 Zhao,黄 Huang,周 Zhou,吴 Wu,徐 Xu,孙 Sun,胡 Hu,朱 Zhu,
高 Gao,林 Lin,何 He,郭 Guo,马 Ma,罗 Luo,梁 Liang,宋 Song,郑 Zheng,谢 Xie,韩 Han,唐 Tang,冯 Feng,于 Yu,董 Dong,萧 Xiao,
程 Cheng,曹 Cao,袁 Yuan,邓 Deng,许 Xu,傅 Fu,沈 Shen,曾 Zeng,彭 Peng,吕 Lyu,苏 Su,卢 Lu,蒋 Jiang,蔡 Cai,贾 Jia,丁 Ding,
魏 Wei,薛 Xue,叶 Ye,阎 Yan"""

GIVEN = """安 An,宁 Ning,静 Jing,敏 Min,洁 Jie,晨 Chen,阳 Yang,帆 Fan,涛 Tao,磊 Lei,勇 Yong,军 Jun,杰 Jie,娟 Juan,
艳 Yan,秀 Xiu,霞 Xia,平 Ping,刚 Gang,桂 Gui,文 Wen,华 Hua,玉 Yu,兰 Lan,萍 Ping,辉 Hui,梅 Mei,琳 Lin,雪 Xue,松 Song,
波 Bo,斌 Bin,宇 Yu,浩 Hao,凯 Kai,佳 Jia,欣 Xin,怡 Yi,思 Si,悦 Yue,然 Ran,楠 Nan,倩 Qian,婷 Ting,森 Sen,博 Bo,旭 Xu,
远 Yuan,诚 Cheng,信 Xin"""


def words(text):
    """"清 Qing,明 Ming" as [("清", "Qing"), ("明", "Ming")]."""
    return [tuple(pair.split()) for pair in text.replace("\n", "").split(",")]
