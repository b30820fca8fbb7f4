"""The walk from event to event that says which cart each one fills or buys.

A person may have several carts open: one of this session, and those that earlier sessions left. An event goes to the
cart that its product was put into, so that a cart which was left is recovered by what was in it and nothing else.
"""

from collections.abc import Iterable

import numpy as np

from ..._core.arrays import Ints
from .events import ADD, NONE, PURCHASE

BOUGHT, NO_CART, OTHER_PRODUCTS, AFTER_WINDOW = range(4)
WHY_NO_CART = {NO_CART: "without a cart", OTHER_PRODUCTS: "of other products", AFTER_WINDOW: "after its window"}
"""Why a purchase buys no open cart: there is none, it has other products, or its window is over."""
MIN_SHARE_RECOVERED = 0.5
"""Share of its products that must be bought for a cart that was left to be recovered."""


class CartWalk:
    """The cart of each row; rows are touches and purchases of all persons, by person and time, from 0.

    A cart is named by the row that opens it, and what is known of it stands there in the lists, all of shape (n_rows,).
    """

    def __init__(self, session_until: Ints, open_until: Ints, *, has_unnamed: bool) -> None:
        n = len(session_until)
        self.session_until = session_until.tolist()  # last row of the session
        # Last row at which a cart that begins here is open; before the row that buys it.
        self.last_open = np.maximum(session_until, open_until).tolist()
        self.has_unnamed = has_unnamed  # whether a purchase names no product
        self.closed_by = [NONE] * n  # row that buys the cart, NONE where none does
        self.n_products = [0] * n  # products put into it; none where the row opens no cart
        self.n_bought = [0] * n  # products of it bought after it was left
        self.cart = [NONE] * n  # cart of the row; NONE where it has none
        self.outcome = [BOUGHT] * n  # BOUGHT, or why a purchase buys no cart
        self._latest = NONE  # the cart that was opened last
        # Of a person: the cart that each product was put into last; carts and products that each session put in since
        # its last purchase without a product; pairs of a cart that was left and a product of it that was bought; and
        # carts of which the last may be open, in the order in which they were opened.
        self._of_product: dict[int, int] = {}
        self._of_session: dict[int, list[tuple[int, int]]] = {}
        self._bought: set[tuple[int, int]] = set()
        self._by_opening: list[int] = []

    def follow(self, events: Iterable[tuple[int, int, int, int]]) -> None:
        """Go through events of (person, name, product, session)."""
        last_person = NONE
        for row, (person, name, product, session) in enumerate(events):
            if person != last_person:
                self._of_product, self._of_session, self._bought, self._by_opening = {}, {}, set(), []
                last_person = person
            if name == ADD:
                self.cart[row] = self._add(row, product, session)
            elif name != PURCHASE:
                self.cart[row] = self._touch(row, product)
            elif product == NONE:
                self.cart[row], self.outcome[row] = self._buy_all(row, session)
            else:
                self.cart[row], self.outcome[row] = self._buy(row, product)

    def _add(self, row: int, product: int, session: int) -> int:
        """Put a product into the open cart that has it, else into the cart of this session, else into a new one."""
        cart = self._of_product.get(product, NONE)
        if cart == NONE or row > self.last_open[cart]:
            cart = self._latest_open(row)
            if cart == NONE or row > self.session_until[cart]:
                cart = self._latest = row
                self._by_opening.append(row)
            self.n_products[cart] += 1
            self._of_product[product] = cart
        if self.has_unnamed:
            put_in = self._of_session.setdefault(session, [])
            if not put_in or put_in[-1] != (cart, product):
                put_in.append((cart, product))
        return cart

    def _touch(self, row: int, product: int) -> int:
        """Return the open cart that has the product, else the one opened last."""
        cart = self._of_product.get(product, NONE)
        return cart if cart != NONE and row <= self.last_open[cart] else self._latest_open(row)

    def _buy(self, row: int, product: int) -> tuple[int, int]:
        """Buy from the open cart that has the product, by name or unnamed; else it is the rest of one just bought."""
        with_product = []
        for key in (product, NONE):
            cart = self._of_product.get(key, NONE)
            if cart != NONE and row <= self.last_open[cart]:
                self._buy_part(row, cart, key)
                return cart, BOUGHT
            with_product += [cart] if cart != NONE else []
        bought = [cart for cart in with_product if self.closed_by[cart] != NONE]
        for cart in bought:
            if row <= self.session_until[self.closed_by[cart]]:
                return cart, BOUGHT
        if self._latest_open(row) != NONE:
            return NONE, OTHER_PRODUCTS
        return NONE, AFTER_WINDOW if len(bought) < len(with_product) else NO_CART

    def _buy_part(self, row: int, cart: int, product: int) -> None:
        """Buy a product of a cart; one that was left stays open until enough of its products are bought."""
        if (cart, product) not in self._bought:
            self._bought.add((cart, product))
            self.n_bought[cart] += 1
        if row <= self.session_until[cart] or self.n_bought[cart] >= MIN_SHARE_RECOVERED * self.n_products[cart]:
            self._close(row, cart)

    def _buy_all(self, row: int, session: int) -> tuple[int, int]:
        """Buy what the session put in, else the open cart that was opened last; return the last cart."""
        latest = NONE
        for cart, product in self._of_session.pop(session, ()):
            if row <= self.last_open[cart]:
                self._buy_part(row, cart, product)
                latest = cart
        if latest != NONE:
            return latest, BOUGHT
        cart = self._latest_open(row)
        if cart != NONE:
            self._close(row, cart)
            return cart, BOUGHT
        is_late = bool(self._of_product) and self.closed_by[self._latest] == NONE
        return NONE, AFTER_WINDOW if is_late else NO_CART

    def _close(self, row: int, cart: int) -> None:
        self.closed_by[cart], self.last_open[cart] = row, row - 1

    def _latest_open(self, row: int) -> int:
        """Return the open cart that was opened last; those after it never open again."""
        carts = self._by_opening
        while carts and row > self.last_open[carts[-1]]:
            carts.pop()
        return carts[-1] if carts else NONE
