// Preprocessing: from a csv text with gaps to tensors. Missing numbers become the mean of their
// column, categories become columns of zeros and ones.
import { data, print as standardPrint } from '../../src/index.ts';

const houses = `NumRooms,RoofType,Price
NA,NA,127500
2,NA,106000
4,Slate,178100
NA,NA,140000
`;

export async function main(print = standardPrint) {
  const table = data.readCsv(houses);

  // Two columns of inputs, one of targets. A missing roof type is a class of its own.
  let inputs = data.getDummies(table.iloc(':', '0:2'), { dummyNa: true });
  inputs = inputs.fillna(inputs.mean());
  const targets = table.iloc(':', 2);

  const X = inputs.toTensor();
  const y = targets.toTensor();
  print(inputs.columns.join(', '));
  print(X);
  print(y);

  return { X: await X.tolist(), y: await y.tolist() };
}
