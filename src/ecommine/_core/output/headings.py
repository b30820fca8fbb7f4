"""Chinese headings of the columns that results have, for workbooks; a column that is not here keeps its name."""

from collections.abc import Mapping
from types import MappingProxyType

_ENDS = {
    "_low": "（下限）", "_high": "（上限）", "_p25": "（25%分位）", "_median": "（中位数）", "_p75": "（75%分位）",
    "_before": "（之前）", "_after": "（之后）",
}  # fmt: skip

HEADINGS_ZH: Mapping[str, str] = MappingProxyType(
    {
        "notes": "说明", "code": "代码", "count": "数量", "share": "占比", "segment": "客户群", "customers": "客户数",
        "customer_id": "客户", "visitor_id": "访客", "session_id": "会话", "product_id": "商品", "order_id": "订单",
        "title": "名称", "category": "类目", "channel": "渠道", "device": "设备", "store_id": "门店",
        # customers
        "recency": "距上次下单天数", "frequency": "订单数", "monetary": "消费金额", "first_order_at": "首次下单时间",
        "last_order_at": "最近下单时间", "average_order_value": "客单价", "recency_score": "R得分", "orders": "订单数",
        "frequency_score": "F得分", "monetary_score": "M得分", "rfm_score": "RFM得分", "weighted_score": "加权得分",
        "money": "金额", "share_of_money": "金额占比", "median_recency": "距上次下单天数（中位数）", "action": "建议",
        # funnels
        "step": "步骤", "reached": "到达数", "conversion": "转化率", "step_conversion": "步骤转化率",
        "dropped": "流失数", "pending": "未结束", "skipped": "跳过数", "naive_conversion": "未校正转化率",
        "seconds": "秒数", "deepest_step": "最深步骤", "first_entered_at": "首次进入时间", "entered_at": "进入时间",
        "deepest_at": "到达最深步骤时间",
        # carts
        "cart_id": "购物车", "opened_at": "开始时间", "last_touched_at": "最后操作时间", "abandoned_at": "放弃时间",
        "bought_at": "购买时间", "status": "状态", "checkout_step": "结算步骤", "reason": "原因",
        "out_of_stock": "缺货", "price_rise": "涨价", "out_of_stock_later": "之后缺货", "items": "商品种数",
        "units": "件数", "value": "金额", "items_left": "遗留商品种数", "value_left": "遗留金额",
        "hours_to_recover": "挽回用时（小时）", "expected_value": "预期金额", "carts": "购物车数", "bought": "已购买",
        "left": "已放弃", "recovered": "已挽回", "open": "未结束", "lost": "损失率", "abandonment": "放弃率",
        "recovery": "挽回率", "flagged": "标记数", "hours": "小时数", "at_risk": "观察中", "age_hours": "已过小时",
        "hours_left": "剩余小时", "products": "商品", "chance": "概率",
        # paths and searches
        "state": "页面", "next_state": "下一页面", "transitions": "跳转次数", "events": "事件数", "visits": "访问数",
        "paths": "路径数", "entries": "进入数", "exits": "离开数", "bounce_rate": "跳出率", "exit_rate": "离开率",
        "goal_chance": "达成概率", "goal_observed": "实际达成率", "query": "搜索词", "searches": "搜索次数",
        # associations
        "antecedents": "前项", "consequents": "后项", "antecedent": "前项", "consequent": "后项",
        "itemset": "商品组合", "product_a": "商品甲", "product_b": "商品乙", "size": "商品数", "support": "支持度",
        "confidence": "置信度", "lift": "提升度", "adjusted_lift": "校正提升度", "antecedent_support": "前项支持度",
        "consequent_support": "后项支持度", "expected": "期望次数", "relation": "关系", "p_value": "p值",
        "q_value": "q值", "gap": "差距", "because": "依据",
        # experiments, prices, forecasts
        "metric": "指标", "variant": "版本", "mean": "均值", "difference": "差异", "relative_difference": "相对差异",
        "verdict": "结论", "check": "检查", "elasticity": "弹性", "price": "价格", "quantity": "销量",
        "revenue": "销售额", "profit": "利润", "period_at": "周期", "forecast": "预测", "model": "模型",
        "horizon": "预测步数",
        # how customers move and differ
        "from_segment": "原客户群", "to_segment": "新客户群", "from_stage": "原阶段", "to_stage": "新阶段",
        "from_tier": "原等级", "to_tier": "新等级", "move": "流动方向", "part": "组成部分", "change": "变化",
        "of": "基数", "rate": "比率", "stage": "阶段", "tier": "等级", "next_tier": "下一等级", "level": "等级",
        "changed_at": "变更时间", "qualified_until": "有效期至", "upgraded": "升级数", "downgraded": "降级数",
        "spend": "消费额", "spend_to_keep": "保级所需消费", "spend_to_next": "升级所需消费", "keep_by": "保级期限",
        "age_days": "距首单天数", "orders_per_month": "月均订单数", "returned": "回购数", "everybody": "全体客户",
        "audience": "人群", "capture": "覆盖率", "captured": "覆盖数", "threshold": "阈值", "score": "得分",
        "axis": "维度", "dip": "dip统计量", "index": "指数", "column": "列", "known": "已知数",
        "null_share": "缺失占比", "n_segments": "群数", "chosen": "已选", "seeds": "重复次数", "complete": "完整",
        "jaccard": "Jaccard系数", "jaccard_mean": "Jaccard系数（均值）", "jaccard_weakest": "Jaccard系数（最弱群）",
        # who comes back
        "cohort": "首单批次", "cohorts": "批次数", "age": "期龄", "period": "周期", "active": "活跃数",
        "retention": "留存率", "revenue_per_customer": "人均销售额", "repeat_customers": "复购客户数",
        "first_order": "首单", "first_seen": "首次出现时间", "last_at": "最近时间", "later": "之后购买",
        "observed": "实际值", "predicted": "预测值", "actual": "实际值", "band": "区间", "on_day": "第几天",
        "purchases": "购买次数", "typical_gap": "常见间隔", "usual_gap": "通常间隔", "usual_spend": "通常消费",
        "open_gap": "当前间隔", "quiet_p": "沉默概率", "flagged_since": "标记时间", "watched": "观察数",
        "within": "期限内", "due": "预计日期", "due_at": "预计日期", "remind_at": "提醒日期", "substitute": "替代商品",
        "predictability": "可预测性", "probability": "概率", "return_probability": "回购概率",
        "spend_at_risk": "流失风险金额",
        # measures of rules
        "certainty": "确定性", "conviction": "确信度", "design_effect": "设计效应", "kulczynski": "Kulczynski系数",
        "leverage": "杠杆率", "lift_ratio": "提升度之比", "mutual_information": "互信息", "odds_ratio": "优势比",
        "productive": "优于更短规则", "representativity": "代表度", "zhangs_metric": "张氏指标",
        # searches and steps
        "click_rate": "点击率", "clicked": "点击数", "shown": "展示数", "position": "排名", "examination": "浏览概率",
        "relative_click_rate": "相对点击率", "next_click_rate": "下一搜索点击率", "next_found_rate": "下一搜索有果率",
        "next_query": "下一搜索词", "potential_gain": "潜在增益", "reformulation_rate": "改词率",
        "top_reformulation": "最常改成", "revenue_per_search": "每次搜索收入", "zero_result_rate": "无结果率",
        "shrunk": "收缩后", "spelling": "拼写", "timed": "有时间的", "typical": "典型值", "visitors": "访客数",
        "contribution": "贡献", "share_of_difference": "差异占比", "steps_to_end": "距结束步数",
        "steps_to_goal": "距目标步数",
        # forecasts
        "baseline": "基线", "bias": "偏差", "coverage": "覆盖率", "nominal": "名义覆盖率", "cutoff": "截止时间",
        "cycle": "周期长度", "direction": "方向", "event": "事件", "event_effect": "事件效应", "factor": "系数",
        "growth": "增长率", "last_peak_at": "上次高峰", "peak_at": "高峰", "lead_days": "提前天数",
        "stock_by": "备货期限", "lifecycle": "生命周期", "pattern": "需求模式", "place": "位次", "weights": "权重",
        "why": "原因", "mae": "平均绝对误差", "mase": "MASE", "rmsse": "RMSSE", "pinball": "分位数损失",
        "total_ratio": "总量之比", "n_origins": "回测次数", "n_periods": "周期数", "n_seen": "见过次数",
        "n_years": "年数", "p05": "5%分位", "p10": "10%分位", "p50": "50%分位", "p90": "90%分位", "p95": "95%分位",
        # prices
        "product": "商品", "current_price": "现价", "expected_change": "预期变化", "loss_probability": "亏损概率",
        "largest_move": "最大调价", "limited_by": "受限于", "price_changes": "调价次数", "price_spread": "价格离散度",
        "raw_elasticity": "弹性（未收缩）", "elasticity_with_promotions": "弹性（含促销）", "elasticities": "弹性数",
        "equal_effects_mean": "弹性均值（同质）", "spread": "离散度", "shrinkage": "收缩比例", "std_error": "标准误",
        "df": "自由度", "q": "Q统计量", "periods": "周期数", "method": "方法", "remedy": "补救办法",
        "affected": "受影响数",
        # experiments
        "control": "对照组", "treatment": "实验组", "role": "用途",
        # reviews
        "answers": "回复数", "aspect": "方面", "clause": "句子", "quote": "原话", "word": "词", "polarity": "情感",
        "mentions": "提及数", "negative_mentions": "负面提及数", "mention_share": "提及率", "negative": "负面",
        "negative_share": "负面占比", "excess_negative": "超额负面数", "called_negative_share": "判为负面占比",
        "opinions": "意见数", "reviews": "评论数", "ratings": "评分数", "mean_rating": "平均评分",
        "low_star_share": "低星占比", "log_odds": "对数优势比", "review_id": "评论", "reviewed_at": "评论时间",
        "first_at": "最早时间", "group": "组", "scope": "范围", "target_reviews": "目标组评论数",
        "target_share": "目标组占比", "reference_reviews": "对照组评论数", "reference_share": "对照组占比",
        "returned_reviews": "退货评论数", "returned_share": "退货占比", "kept_reviews": "未退货评论数",
        "kept_share": "未退货占比", "excess_p_value": "超额p值", "excess_q_value": "超额q值",
        # recommendations
        "rank": "名次", "recommended_id": "推荐商品", "because_id": "依据商品", "source": "来源", "margin": "预期毛利",
        "over": "超出金额", "candidate": "候选方法", "window": "时间窗", "ndcg": "NDCG（归一化折损累计增益）",
        "ndcg_new": "NDCG（新商品）", "precision": "精确率", "recall": "召回率", "hit_rate": "命中率",
        "repeat_share": "复购占比", "catalogue_share": "目录覆盖率", "past_orders": "历史订单数", "signal": "信号",
        "coefficient": "系数", "tenth": "十分位", "recommendations": "推荐数",
        "close_to_next": "接近升级数", "in_grace": "宽限期内数", "moments": "时点数",
    }
)  # fmt: skip


_SHEETS_ZH = {
    "notes": "说明", "customers": "客户", "segments": "客户群", "flows": "客户流动", "steps": "步骤", "units": "访客",
    "carts": "购物车", "rates": "比率", "reasons": "原因", "recovery": "挽回曲线", "win_back": "待挽回",
    "transitions": "跳转", "states": "页面", "queries": "搜索词", "rules": "规则", "pairs": "商品对",
    "itemsets": "商品组合", "next_orders": "后续购买", "comparison": "对比", "forecast": "预测",
    "products": "商品", "checks": "检查", "act_words": "待处理词", "aspects": "方面", "backtest": "回测",
    "bridge": "金额变动", "changes": "变化", "choices": "群数选择", "cohorts": "首单批次", "conversion": "转化",
    "copies": "重复评论", "counts": "数量", "curve": "曲线", "effects": "效应", "elasticities": "弹性",
    "groups": "组", "keywords": "关键词", "mentions": "提及", "models": "模型", "opportunities": "优化机会",
    "overall": "总体", "peaks": "高峰", "periods": "周期", "pooled": "汇总", "positions": "排名", "prices": "价格",
    "profile": "画像", "quotes": "原话", "reformulations": "改词", "replenishment": "补货提醒", "returns": "回购",
    "season": "季节", "sizes": "规模", "stability": "稳定性", "stars": "星级", "structure": "结构", "trends": "趋势",
    "value": "客户价值", "warnings": "流失预警", "windows": "时间窗",
    "recommendations": "推荐", "calibration": "校准", "weights": "权重", "candidates": "候选方法", "by": "分组",
}  # fmt: skip


def sheet_name(name: str) -> str:
    """Return the Chinese name of a sheet, the name of its table where there is none.

    Examples
    --------
    >>> sheet_name("units"), sheet_name("my_table")
    ('访客', 'my_table')
    """
    return _SHEETS_ZH.get(name, name)


def heading(name: str) -> str:
    """Return the Chinese heading of a column; of an interval or a quartile by that of what it belongs to.

    Examples
    --------
    >>> heading("conversion_low"), heading("my_column")
    ('转化率（下限）', 'my_column')
    """
    if name in HEADINGS_ZH:
        return HEADINGS_ZH[name]
    for end, text in _ENDS.items():
        if name.endswith(end) and (base := heading(name.removesuffix(end))) != name.removesuffix(end):
            return base + text
    return name
