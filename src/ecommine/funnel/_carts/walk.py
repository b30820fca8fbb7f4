"""The walk from event to event that says which cart each one fills or buys.

A person may have several carts open: one of this session, and those that earlier sessions left. An event goes to the
cart that its product was put into, so that a cart which was left is recovered by what was in it and nothing else.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from ..._core.arrays import Ints
from .events import ADD, NONE, PURCHASE

BOUGHT, NO_CART, OTHER_PRODUCTS, AFTER_WINDOW = range(4)
WHY_NO_CART = {NO_CART: "without a cart", OTHER_PRODUCTS: "of other products", AFTER_WINDOW: "after its window"}
"""Why a purchase buys no open cart: there is none, it has other products, or its window is over."""
MIN_SHARE_RECOVERED = 0.5
"""Share of its products that must be bought for a cart that was left to be recovered."""


@dataclass(slots=True, kw_only=True, eq=False)
class CartWalk:
    """The carts, and the cart of each row; rows are touches and purchases, by person and time, from 0.

    ``session_until`` and ``open_until`` are lists of the last row of the session of each row, and of the last row at
    which a cart that begins there is open unless it is bought.
    """

    session_until: list[int]
    open_until: list[int]
    opened_by: list[int] = field(default_factory=list)  # row that opens each cart
    closed_by: list[int] = field(default_factory=list)  # row that buys it, NONE where none does
    last_open: list[int] = field(default_factory=list)  # last row at which it is open
    cart: list[int] = field(default_factory=list)  # cart of each row; NONE where it has none
    outcome: list[int] = field(default_factory=list)  # of each row: BOUGHT, or why a purchase buys no cart
    n_products: list[int] = field(default_factory=list)  # products put into each cart
    n_bought: list[int] = field(default_factory=list)  # products of each cart bought after it was left
    _of_product: dict[int, int] = field(default_factory=dict)
    """The cart that each product of the person was put into last."""
    _of_session: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """Carts and products that each session put in since its last purchase without a product."""
    _bought: set[tuple[int, int]] = field(default_factory=set)
    """Pairs of a cart that was left and a product of it that was bought."""
    _by_opening: list[int] = field(default_factory=list)
    """Carts of the person of which the last may be open, in the order in which they were opened."""

    def follow(self, events: Iterable[tuple[int, int, int, int]]) -> None:
        """Go through events of (person, name, product, session)."""
        last_person = NONE
        for row, (person, name, product, session) in enumerate(events):
            if person != last_person:
                self._forget_person()
                last_person = person
            if name == ADD:
                cart, outcome = self._add(row, product, session), BOUGHT
            elif name != PURCHASE:
                cart, outcome = self._touch(row, product), BOUGHT
            elif product == NONE:
                cart, outcome = self._buy_all(row, session)
            else:
                cart, outcome = self._buy(row, product)
            self.cart.append(cart)
            self.outcome.append(outcome)

    def _forget_person(self) -> None:
        self._of_product, self._of_session, self._bought, self._by_opening = {}, {}, set(), []

    def _add(self, row: int, product: int, session: int) -> int:
        """Put a product into the open cart that has it, else into the cart of this session, else into a new one."""
        cart = self._holder(row, product)
        if cart == NONE:
            cart = self._latest_open(row)
            if cart == NONE or row > self.session_until[self.opened_by[cart]]:
                cart = self._open(row)
            self.n_products[cart] += 1
        self._of_product[product] = cart
        self._of_session.setdefault(session, []).append((cart, product))
        return cart

    def _touch(self, row: int, product: int) -> int:
        """Return the open cart that has the product, else the one opened last."""
        cart = self._holder(row, product)
        return self._latest_open(row) if cart == NONE else cart

    def _buy(self, row: int, product: int) -> tuple[int, int]:
        """Buy from the open cart that has the product, by name or unnamed; else it is the rest of one just bought."""
        held = [(key, self._of_product[key]) for key in (product, NONE) if key in self._of_product]
        for key, cart in held:
            if row <= self.last_open[cart]:
                self._buy_part(row, cart, key)
                return cart, BOUGHT
        bought = [cart for _, cart in held if self.closed_by[cart] != NONE]
        for cart in bought:
            if row <= self.session_until[self.closed_by[cart]]:
                return cart, BOUGHT
        if self._latest_open(row) != NONE:
            return NONE, OTHER_PRODUCTS
        return NONE, AFTER_WINDOW if len(bought) < len(held) else NO_CART

    def _buy_part(self, row: int, cart: int, product: int) -> None:
        """Buy a product of a cart; one that was left stays open until enough of its products are bought."""
        if (cart, product) not in self._bought:
            self._bought.add((cart, product))
            self.n_bought[cart] += 1
        is_first_session = row <= self.session_until[self.opened_by[cart]]
        if is_first_session or self.n_bought[cart] >= MIN_SHARE_RECOVERED * self.n_products[cart]:
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
        is_late = bool(self._of_product) and self.closed_by[-1] == NONE
        return NONE, AFTER_WINDOW if is_late else NO_CART

    def _open(self, row: int) -> int:
        cart = len(self.opened_by)
        self.opened_by.append(row)
        self.closed_by.append(NONE)
        self.last_open.append(self.open_until[row])
        self.n_products.append(0)
        self.n_bought.append(0)
        self._by_opening.append(cart)
        return cart

    def _close(self, row: int, cart: int) -> None:
        self.closed_by[cart], self.last_open[cart] = row, row - 1

    def _holder(self, row: int, product: int) -> int:
        """Return the open cart that a product was put into."""
        cart = self._of_product.get(product, NONE)
        return cart if cart != NONE and row <= self.last_open[cart] else NONE

    def _latest_open(self, row: int) -> int:
        """Return the open cart that was opened last; those after it never open again."""
        carts = self._by_opening
        while carts and row > self.last_open[carts[-1]]:
            carts.pop()
        return carts[-1] if carts else NONE


def walk_carts(
    person: Ints, name: Ints, product: Ints, session: Ints, session_until: Ints, open_until: Ints
) -> CartWalk:
    """Follow the touches and purchases of all persons, arrays of shape (n_rows,), sorted by person and time."""
    walk = CartWalk(session_until=session_until.tolist(), open_until=np.maximum(session_until, open_until).tolist())
    walk.follow(zip(person.tolist(), name.tolist(), product.tolist(), session.tolist(), strict=True))
    return walk
