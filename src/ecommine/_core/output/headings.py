"""Chinese headings of the columns that results have, for workbooks; a column that is not here keeps its name."""

from collections.abc import Mapping
from types import MappingProxyType

_ENDS = {"_low": "（下限）", "_high": "（上限）", "_p25": "（25%分位）", "_median": "（中位数）", "_p75": "（75%分位）"}

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
        "q_value": "q值", "gap": "间隔天数", "because": "依据",
        # experiments, prices, forecasts
        "metric": "指标", "variant": "版本", "mean": "均值", "difference": "差异", "relative_difference": "相对差异",
        "verdict": "结论", "check": "检查", "elasticity": "弹性", "price": "价格", "quantity": "销量",
        "revenue": "销售额", "profit": "利润", "period_at": "周期", "forecast": "预测", "model": "模型",
        "horizon": "预测步数",
    }
)  # fmt: skip


_SHEETS_ZH = {
    "notes": "说明", "customers": "客户", "segments": "客户群", "flows": "客户流动", "steps": "步骤", "units": "访客",
    "carts": "购物车", "rates": "比率", "reasons": "原因", "recovery": "挽回曲线", "win_back": "待挽回",
    "transitions": "跳转", "states": "页面", "queries": "搜索词", "rules": "规则", "pairs": "商品对",
    "itemsets": "商品组合", "next_orders": "后续购买", "comparison": "对比", "forecast": "预测",
    "products": "商品", "checks": "检查",
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
        if name.endswith(end) and name.removesuffix(end) in HEADINGS_ZH:
            return HEADINGS_ZH[name.removesuffix(end)] + text
    return name
