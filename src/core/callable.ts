// Classes whose instances are called: modules, and transforms of distributions. Knows neither.

/** What a call of an instance does, under a name that no class of the user's can have. */
export const onCall = Symbol('onCall');

/**
 * Makes instances callable: the constructor returns a function that has the prototype of the class, so that fields are
 * set on that function. It is an arrow function without `name` and `length`, and so without any property of its own.
 */
export abstract class Callable {
  constructor() {
    const instance = ((...args: readonly unknown[]) => instance[onCall](args)) as unknown as Callable;
    Reflect.deleteProperty(instance, 'name');
    Reflect.deleteProperty(instance, 'length');
    return Object.setPrototypeOf(instance, new.target.prototype);
  }

  abstract [onCall](args: readonly unknown[]): unknown;
}
