// Classes whose instances are called: modules, and transforms of distributions. Knows neither.

/** What a call of an instance does, under a name that no class of the user's can have. */
export const onCall = Symbol('onCall');

/**
 * Makes instances callable: the constructor returns a function that has the prototype of the class, so that fields are
 * set on that function. It is an arrow function without `name` and `length`, and so without any property of its own. A
 * class that watches how its members are set passes a handler; its instances are then proxies of that function.
 */
export abstract class Callable {
  constructor(watcher?: ProxyHandler<Callable>) {
    const run = ((...args: readonly unknown[]) => instance[onCall](args)) as unknown as Callable;
    Reflect.deleteProperty(run, 'name');
    Reflect.deleteProperty(run, 'length');
    Object.setPrototypeOf(run, new.target.prototype);
    const instance = watcher === undefined ? run : new Proxy(run, watcher);
    return instance;
  }

  abstract [onCall](args: readonly unknown[]): unknown;
}
