namespace Fusion.Runtime.Tests.Reference;

public sealed class TheContract
{
    private const int Hidden = 96;

    private static IEnumerable<TestCaseData> Everything() =>
        AllReduceShape.Everything(Hidden).Select(shape => new TestCaseData(shape).SetArgDisplayNames(
            shape.Type.ToString(), shape.Norm.ToString(), shape.Quantization.ToString(), shape.Layout.ToString(),
            $"{shape.Group} {shape.GroupScale}"));

    [TestCaseSource(nameof(Everything))]
    public void IsFollowedToTheBitWithPaddingOfZerosAndNothingWrittenBesides(object anyShape)
    {
        var shape = (AllReduceShape)anyShape;
        foreach (var (ranks, tokens) in new[] { (1, 1), (2, 3), (5, 9), (3, 130) })
        {
            var inputs = AllReduceInputs.Random(shape, ranks, tokens, seed: (Number(shape) * 1000) + tokens);
            var expected = ContractModel.Of(shape, inputs);
            foreach (var found in ReferenceRun.Of(shape, inputs)) found.AssertSame(expected);
        }
    }

    [TestCase(QuantizationKind.NvFp4, 6)]
    [TestCase(QuantizationKind.PerGroupFp8, 448)]
    public void DecidesWhereScalesAndCodesAreNearlyHalfwayBetweenTwo(QuantizationKind kind, int largestCode)
    {
        var middles = Enumerable.Range(0, BinaryFormat.E4M3.Largest)
            .Select(code => (float)(BinaryFormat.E4M3.Value(code) + BinaryFormat.E4M3.Value(code + 1)) / 2).ToArray();
        float[] row = [.. middles.SelectMany(middle => Enumerable.Range(-4, 8).SelectMany(Block(middle)))];
        var shape = new AllReduceShape(ElementType.Float32, row.Length) { Quantization = kind, Group = 16 };
        var inputs = AllReduceInputs.OneRow(row);
        ReferenceRun.Of(shape, inputs)[0].AssertSame(ContractModel.Of(shape, inputs));

        // The block's largest number is a few floats from where its scale is decided, the others from where their codes are.
        Func<int, float[]> Block(float middle) => steps =>
        {
            var largest = Near(largestCode * middle, steps);
            return [largest, .. Enumerable.Range(1, 15).Select(i => Near(largest / 448 * middles[(i * 7) + steps + 4], i - 8))];
        };
    }

    [TestCase(8)]
    [TestCase(16)]
    [TestCase(264)]
    [TestCase(2880)]
    [TestCase(8192)]
    [TestCase(8200)]
    [TestCase(32768)]
    public void HoldsForShortAndLongRows(int hidden)
    {
        foreach (var norm in Enum.GetValues<NormKind>())
        {
            var shape = new AllReduceShape(ElementType.Float32, hidden)
            {
                Norm = norm,
                Quantization = QuantizationKind.PerTokenFp8,
            };
            var inputs = AllReduceInputs.Random(shape, ranks: 2, tokens: 2, seed: hidden, special: false);
            ReferenceRun.Of(shape, inputs)[1].AssertSame(ContractModel.Of(shape, inputs));
        }
    }

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public void TheRowsTreeIsThatOfTheKernels(ushort anyLength, int seed)
    {
        var random = new Random(seed);
        var row = new float[((anyLength % 4096) + 1) * 8];
        for (var i = 0; i < row.Length; i++) row[i] = (random.NextSingle() - 0.5f) * MathF.Pow(2, random.Next(-20, 20));
        Assert.That(RowSum.Of(row), Is.EqualTo(ContractModel.RowSum(row, ContractModel.VectorSum)));
        Assert.That(RowSum.OfSquares(row), Is.EqualTo(ContractModel.RowSum(row, ContractModel.VectorSumOfSquares)));
    }

    [Test]
    public void InPlaceGivesTheSameBits()
    {
        foreach (var shape in AllReduceShape.Everything(64))
        {
            var inputs = AllReduceInputs.Random(shape, ranks: 3, tokens: 4, seed: 7);
            var apart = ReferenceRun.Of(shape, inputs);
            var inPlace = ReferenceRun.Of(shape, inputs, inPlace: true);
            for (var rank = 0; rank < apart.Length; rank++)
                inPlace[rank].AssertSame(apart[rank] with { AllReduceOut = null });
        }
    }

    private static int Number(AllReduceShape shape) =>
        (((((((int)shape.Type * 7) + (int)shape.Norm) * 7) + (int)shape.Quantization) * 7) + (int)shape.Layout) + shape.Group;

    private static float Near(float value, int floatsAway) =>
        BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(value) + floatsAway);
}
