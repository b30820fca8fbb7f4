"""Reviews written by hand, before any model was trained, in kinds of ten: what a score must get right."""

_ENGLISH = """
# plain
+ Great product, I love it.
- Terrible quality, do not buy.
+ Fits perfectly and looks beautiful.
- It broke after one week.
+ Fast shipping and well packed.
- The fabric feels cheap and scratchy.
+ Exactly as described.
- Waste of money.
+ My daughter wears it every day.
- The zipper fell off the first time I wore it.
# negation
- Not good at all.
+ Not bad at all.
- I don't like the color.
+ No problems so far.
- This is not worth the price.
+ Never had an issue with it.
- It doesn't work.
+ You won't regret buying this.
- I wouldn't recommend it to anyone.
+ Nothing to complain about.
# recommendation
+ I can't recommend it enough.
+ Would buy again.
- I will never buy from this shop again.
+ Highly recommended to everyone.
- Stay away from this seller.
- Save your money and look elsewhere.
+ Couldn't be happier with my purchase.
+ Do yourself a favor and get one.
- Think twice before you order this.
+ Already ordered a second one for my mother.
# intensifiers
+ Absolutely wonderful!
- Really really disappointed.
+ So comfortable, I almost never take them off.
- Way too small.
+ Extremely well made.
- Incredibly slow delivery.
+ Such a lovely dress!
- Totally useless.
+ Very happy with it.
- Too expensive for what you get.
# contrast
+ The delivery was slow, but the product is excellent.
- Looks nice, but it stopped working after two days.
+ A bit expensive, but worth every penny.
- The color is pretty, but the fit is awful.
+ I was skeptical at first, but now I love it.
- I really wanted to love this coat, but it makes me look like a tent.
+ Although the box was damaged, the item itself is perfect.
- Although it looks beautiful, the quality is terrible.
- Great idea, however it fell apart in the wash.
+ It runs a little large, however it is so soft and warm.
# emoji
+ Love it 😍😍
- So disappointed 😡
+ 👍👍👍
- 👎
+ Got it today ❤️
- Arrived broken 😢
+ Just what I wanted 🎉
- 🤮🤮
+ Perfect size 😊
- Third time I had to send it back 😤
# politeness at the end
- The kettle leaks. Please send me a new one. Thank you.
- Wrong size was delivered. Kind regards.
- The screen is dead on arrival, thanks.
- It smells terrible. I hope you can improve. Thank you for your help.
- Still waiting for my refund. Thanks in advance.
- The handle broke off. Please fix this, many thanks.
- Buttons are missing. Best wishes.
- I had to return it because it was torn. Thanks anyway.
- Poor stitching. Thank you for understanding.
- It does not charge. Please help. Thanks!
# shop talk
- I want my money back.
- I returned it the same day.
+ Five stars.
- One star.
+ Good value for money.
- It looks nothing like the picture.
+ Arrived two days early.
- Still has not arrived after six weeks.
+ Customer service replaced it at once without any fuss.
- Customer service never answered my emails.
# comparison and time
+ Better than I expected.
- Worse than the one I had before.
+ Best headphones I have ever owned.
- The battery lasts less than an hour.
+ Still going strong after three years.
- Died after a month.
+ Much cheaper than in the stores and just as good.
- It used to be good, now the quality has gone downhill.
+ I have washed it ten times and it still looks new.
- The old version was far superior.
# everyday writing
+ gooood stuff!!!
- soooo bad
+ luv it, thx
- what a joke
+ WOW just WOW!!!
- dont waste ur time
+ me and my wife are both super pleased
- meh, not impressed
+ works like a charm
- total junk
"""

_CHINESE = """
# 直接
+ 质量很好，非常满意。
- 质量太差了，千万别买。
+ 穿着舒服，大小合适。
- 用了一个星期就坏了。
+ 物流很快，包装也好。
- 面料很薄，做工粗糙。
+ 和描述的一样。
- 浪费钱。
+ 宝宝很喜欢。
- 收到的时候就是坏的。
# 否定
- 一点都不好用。
+ 不错不错。
- 不喜欢这个颜色。
+ 没有异味，没有色差。
- 不值这个价。
+ 用到现在没出过问题。
- 根本不能用。
+ 不掉色也不起球。
- 不推荐购买。
+ 没什么可挑剔的。
# 双重否定与反问
+ 不得不说，真的好用。
+ 不是不好，只是要等几天才能上手，值得买。
+ 没有理由不给好评。
+ 质量没话说。
+ 物美价廉，何乐而不为。
- 这也敢叫正品？
- 这样的质量谁还敢买？
- 不能说没有缺点，简直全是缺点。
+ 没毛病。
- 这种东西也好意思卖？
# 程度
+ 超级喜欢！
- 特别失望。
+ 简直太好用了。
- 太小了，根本穿不下。
+ 非常非常满意。
- 极其难用。
+ 快递太给力了。
- 贵得离谱。
+ 真心好，强烈推荐。
- 实在是太差劲了。
# 转折
+ 虽然快递慢了点，但是东西真的很好。
- 看着挺好看的，但是洗了一次就掉色。
+ 价格有点贵，不过物有所值。
- 颜色好看，可是尺码太小了，穿不了。
+ 一开始还担心是假货，结果非常满意。
- 本来挺期待的，结果大失所望。
+ 盒子压坏了，好在里面的东西完好无损。
- 便宜是便宜，就是质量太差。
- 客服态度倒是不错，就是不解决问题。
+ 刚打开有点味道，晾两天就没了，整体很满意。
# 表情
+ 太喜欢了😍😍
- 气死我了😡
+ 👍👍👍
- 👎
+ 收到了❤️
- 碎了一地😭
+ 正合适😊
- 🤮
+ 五星🌟🌟🌟🌟🌟
- 退了三次都没退成😤
# 结尾客气
- 水壶漏水，麻烦补发一个，谢谢。
- 尺码发错了，请尽快处理，谢谢！
- 屏幕有坏点，希望商家改进，祝生意兴隆。
- 味道很难闻，希望能改善，谢谢。
- 退款一直没到，麻烦查一下，谢谢亲。
- 少发了一件，辛苦客服核实一下。
- 拉链坏了，望处理，感谢。
- 充不进电，请帮忙解决，谢谢。
- 掉毛严重，希望以后注意质量，谢谢。
- 衣服破了个洞，只好退货，谢谢。
# 购物用语
- 申请退货了，差评。
- 刚买就降价，保价还不给。
+ 五星好评，必须的。
- 一星都不想给。
+ 性价比很高，值得入手。
- 跟图片完全不一样。
+ 第二天就到了，京东速度。
- 半个月了还没发货。
+ 客服耐心，有问题马上给换了。
- 联系客服一直不回复。
# 比较与时间
+ 比想象中好。
- 比上次买的差远了。
+ 用过最好的一款洗发水。
- 充一次电用不了一个小时。
+ 用了三年还跟新的一样。
- 不到一个月就死机了。
+ 比实体店便宜多了，质量一样好。
- 以前挺好的，现在质量越来越差。
+ 已经是第三次回购了。
- 还是原来的老款好，新款太难用。
# 繁體與網路用語
+ 品質很好，非常滿意。
- 質量太差，用兩天就壞了。
+ 衣服很漂亮，穿起來很舒服。
- 收到的東西是壞的，很失望。
+ 物流很快，包裝也很仔細。
+ yyds，闭眼入。
- 踩雷了，大家避坑。
+ 666，爱了爱了。
- 智商税，别买。
+ 绝绝子，无限回购。
"""


def _cases(text: str) -> list[tuple[str, str, bool]]:
    cases, kind = [], ""
    for line in text.strip().splitlines():
        sign, _, rest = line.partition(" ")
        if sign == "#":
            kind = rest
        else:
            cases.append((kind, rest, sign == "+"))
    return cases


CASES = {"en": _cases(_ENGLISH), "zh": _cases(_CHINESE)}
"""By language: the kind, the text, and whether it is positive."""
