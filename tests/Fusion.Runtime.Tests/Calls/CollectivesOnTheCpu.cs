using FsCheck;
using FsCheck.Fluent;
using PropertyAttribute = FsCheck.NUnit.PropertyAttribute;

namespace Fusion.Runtime.Tests.Calls;

/// <summary>Collectives of ranks on the CPU, with which kernels are compared.</summary>
public sealed class CollectivesOnTheCpu
{
    [Test]
    public void PutColumnsSideBySideAndRowsBelowEachOther()
    {
        using var ranks = new Ranks(3);
        var inputs = ranks.Fill(2 * 8, (rank, i) => (rank * 100) + i);

        var columns = ranks.Run(48, (rank, input, output) => ranks.Operation.AllGatherColumns(rank, input(2, 8), output(2, 24)));
        var rows = ranks.Run(48, (rank, input, output) => ranks.Operation.AllGatherRows(rank, input(2, 8), output(6, 8)));

        Assert.That(columns, Has.All.EqualTo((float[])[.. inputs.SelectMany(part => part[..8]), .. inputs.SelectMany(part => part[8..])]));
        Assert.That(rows, Has.All.EqualTo(inputs.SelectMany(part => part)));
    }

    [Test]
    public void GiveEachRankTheSumsOfItsPartInRankOrder()
    {
        using var ranks = new Ranks(3);
        // In another order the sum is another number.
        var inputs = ranks.Fill(6 * 8, (rank, i) => rank switch { 0 => 1e8f + i, 1 => 3, _ => -1e8f });

        var outputs = ranks.Run(16, (rank, input, output) => ranks.Operation.ReduceScatterRows(rank, input(6, 8), output(2, 8)));

        for (var rank = 0; rank < 3; rank++)
        {
            var expected = Enumerable.Range(rank * 16, 16).Select(i => inputs[0][i] + inputs[1][i] + inputs[2][i]);
            Assert.That(outputs[rank], Is.EqualTo(expected));
        }
    }

    [Property(MaxTest = 50)]
    public Property ChooseAsASortedListDoes() => Prop.ForAll(
        Gen.Elements(0f, -0f, 1f, 1f, -2.5f, 7f, float.NaN, float.NegativeInfinity, float.PositiveInfinity).ArrayOf(48).ToArbitrary(),
        Gen.Choose(1, 24).ToArbitrary(),
        (numbers, k) =>
        {
            using var ranks = new Ranks(2);
            ranks.Fill(24, (rank, i) => numbers[(rank * 24) + i]);
            var values = ranks.Run(k, (rank, input, output) => ranks.Operation.TopK(rank, input(1, 24), ranks.Indices(rank, k), output(1, k)));
            // A stable sort leaves equal numbers in the order of their indices; float.CompareTo has NaN below all.
            var expected = Enumerable.Range(0, 48).OrderByDescending(i => float.IsNaN(numbers[i])).ThenByDescending(i => numbers[i] + 0f).Take(k).ToArray();
            for (var rank = 0; rank < 2; rank++)
            {
                Assert.That(ranks.ReadIndices(rank, k), Is.EqualTo(expected));
                Assert.That(values[rank], Is.EqualTo(expected.Select(i => numbers[i] + 0f)));
            }
        });

    [Test]
    public void AreTheSumsOfTheAllReduce()
    {
        using var ranks = new Ranks(4);
        var random = new Random(3);
        ranks.Fill(4 * 16, (_, _) => random.NextSingle() * 1000);
        using var reduce = new AllReduce(ranks.Group, new() { HiddenSize = 16, MaxTokens = 4, DataType = ElementType.Float32 });
        var sums = ranks.Run(64, (rank, input, output) => reduce.Launch(rank, new() { Input = input(4, 16), AllReduceOut = output(4, 16) }));

        var parts = ranks.Run(16, (rank, input, output) => ranks.Operation.ReduceScatterRows(rank, input(4, 16), output(1, 16)));

        Assert.That(parts.SelectMany(part => part), Is.EqualTo(sums[0]));
    }

    [Test]
    public void SayWhichCallsMet()
    {
        using var ranks = new Ranks(2);
        ranks.Fill(16, (_, i) => i);
        ranks.Operation.AllGatherRows(0, ranks.Input(0, 2, 8), ranks.Output(0, 4, 8));

        var failure = Assert.Throws<RankGroupException>(() => ranks.Operation.AllGatherColumns(1, ranks.Input(1, 2, 8), ranks.Output(1, 2, 16)))!;

        Assert.That(failure.Message, Does.StartWith("FUSION4009: In call 0, collective: all-gather of rows on rank 0, but all-gather of columns on rank 1."));
        Assert.That(() => ranks.Operation.Synchronize(0), Throws.TypeOf<RankGroupException>());
        ranks.Operation.Reset();
        Assert.That(() => ranks.Operation.AllGatherRows(0, ranks.Input(0, 2, 8), ranks.Output(0, 4, 8)), Throws.Nothing);
    }

    [Test]
    public void EndWithoutTheRankThatDoesNotCome()
    {
        using var ranks = new Ranks(2, new() { Timeout = TimeSpan.FromMilliseconds(50) });
        ranks.Fill(16, (_, i) => i);
        ranks.Operation.AllGatherRows(0, ranks.Input(0, 2, 8), ranks.Output(0, 4, 8));

        Assert.That(() => ranks.Operation.Synchronize(0), Throws.TypeOf<PeerTimeoutException>().With.Property("Peer").EqualTo(1));
    }

    [TestCase("type", "Input of the all-gather of columns is of type e4m3; allowed is one of the types bf16, f16, f32: others may hold the words that mark what has not arrived.")]
    [TestCase("columns", "Input of the all-gather of columns is a tensor of 12 columns; allowed is a multiple of 8 columns.")]
    [TestCase("output", "Output of the all-gather of columns is [2, 8] of f32; allowed is [2, 16] of f32: the input's rows, the columns of all ranks.")]
    [TestCase("rows", "Input of the reduce-scatter of rows is 3 rows; allowed is a multiple of 2 rows, as each rank gets as many: add rows that are ignored.")]
    [TestCase("overlap", "Output and Input of the all-gather of rows share the memory from 0x1010 to 0x1020; allowed is that no output overlaps another tensor.")]
    [TestCase("many", "Indices of the top-k is a tensor of 9 columns; allowed is 1 to 8: one for each number that is chosen.")]
    [TestCase("index type", "Indices of the top-k is of type f32; allowed is the type i32.")]
    [TestCase("null", "Output of the all-gather of columns is null; allowed is an address of f32.")]
    [TestCase("address", "Output of the all-gather of columns is at 0x2004; allowed is an address that is a multiple of 16.")]
    public void RefuseWhatIsWrong(string what, string message)
    {
        using var group = RankGroup.OnCpu(2);
        using var operation = new Collectives(group);
        var failure = Assert.Throws<FusionArgumentException>(() =>
        {
            switch (what)
            {
                case "type": operation.AllGatherColumns(0, Of(0x1000, 2, 8, ElementType.Float8E4M3), Of(0x2000, 2, 16, ElementType.Float8E4M3)); break;
                case "columns": operation.AllGatherColumns(0, Of(0x1000, 2, 12), Of(0x2000, 2, 24)); break;
                case "output": operation.AllGatherColumns(0, Of(0x1000, 2, 8), Of(0x2000, 2, 8)); break;
                case "rows": operation.ReduceScatterRows(0, Of(0x1000, 3, 8), Of(0x2000, 1, 8)); break;
                case "overlap": operation.AllGatherRows(0, Of(0x1000, 1, 8), Of(0x1010, 2, 8)); break;
                case "many": operation.TopK(0, Of(0x1000, 1, 8), Of(0x2000, 1, 9, ElementType.Int32)); break;
                case "index type": operation.TopK(0, Of(0x1000, 1, 8), Of(0x2000, 1, 4)); break;
                case "null": operation.AllGatherColumns(0, Of(0x1000, 2, 8), Of(0, 2, 16)); break;
                default: operation.AllGatherColumns(0, Of(0x1000, 2, 8), Of(0x2004, 2, 16)); break;
            }
        })!;

        Assert.That(failure.Message, Is.EqualTo($"{failure.Code}: {message} Nothing was launched."));

        static DeviceTensor Of(ulong address, long rows, long columns, ElementType type = ElementType.Float32) => new(address, type, rows, columns);
    }

    [Test]
    public void RefuseWorkspacesThatHoldNoCall()
    {
        using var group = RankGroup.OnCpu(2);

        Assert.That(() => new Collectives(group, new() { WorkspaceBytes = 1000 }), Throws.TypeOf<FusionArgumentException>()
            .With.Message.Contains("WorkspaceBytes of the collectives is 1000 bytes; allowed is 65536 bytes or more."));
        Assert.That(() => new Collectives(group, new() { Timeout = TimeSpan.Zero }), Throws.TypeOf<FusionArgumentException>()
            .With.Message.Contains("Timeout of the collectives is 00:00:00; allowed is more than zero"));
    }

    [Test]
    public void HaveRoomForAllChoicesInTheSmallestWorkspace([Values(2, 3, 8, 16)] int ranks)
    {
        var options = new CollectivesOptions { WorkspaceBytes = CollectivesOptions.SmallestWorkspaceBytes };

        Assert.That(options.SlotBytes(ranks), Is.GreaterThanOrEqualTo(256 / 2 * 16));
        Assert.That((2 * options.SlotBytes(ranks) * (ranks - 1)) + 256, Is.LessThanOrEqualTo(options.WorkspaceBytes));
    }

    private sealed class Ranks : IDisposable
    {
        private const int Room = 256;

        private readonly RankBuffer<float>[] inputs;
        private readonly RankBuffer<float>[] outputs;
        private readonly RankBuffer<int>[] indices;

        public Ranks(int count, CollectivesOptions? options = null)
        {
            Group = RankGroup.OnCpu(count);
            Operation = new(Group, options);
            inputs = [.. Group.Ranks.Select(rank => rank.Allocate<float>(Room))];
            outputs = [.. Group.Ranks.Select(rank => rank.Allocate<float>(Room))];
            indices = [.. Group.Ranks.Select(rank => rank.Allocate<int>(Room))];
        }

        public RankGroup Group { get; }

        public Collectives Operation { get; }

        public float[][] Fill(int count, Func<int, int, float> number)
        {
            var numbers = inputs.Select((_, rank) => Enumerable.Range(0, count).Select(i => number(rank, i)).ToArray()).ToArray();
            for (var rank = 0; rank < inputs.Length; rank++) inputs[rank].Slice(0, count).CopyFrom(numbers[rank]);
            return numbers;
        }

        public DeviceTensor Input(int rank, long rows, long columns) => inputs[rank].AsTensor(rows, columns);

        public DeviceTensor Output(int rank, long rows, long columns) => outputs[rank].AsTensor(rows, columns);

        public DeviceTensor Indices(int rank, int count) => indices[rank].AsTensor(1, count);

        public int[] ReadIndices(int rank, int count)
        {
            var numbers = new int[count];
            indices[rank].Slice(0, count).CopyTo(numbers);
            return numbers;
        }

        public float[][] Run(int count, Action<int, Func<long, long, DeviceTensor>, Func<long, long, DeviceTensor>> launch)
        {
            for (var rank = 0; rank < inputs.Length; rank++)
            {
                outputs[rank].FillBytes(0xFF);
                indices[rank].FillBytes(0xFF);
            }

            for (var rank = 0; rank < inputs.Length; rank++)
            {
                var own = rank;
                launch(rank, (rows, columns) => Input(own, rows, columns), (rows, columns) => Output(own, rows, columns));
            }

            return [.. outputs.Select(output =>
            {
                var numbers = new float[count];
                output.Slice(0, count).CopyTo(numbers);
                return numbers;
            })];
        }

        public void Dispose()
        {
            Group.Dispose();
            Array.ForEach(inputs, buffer => buffer.Dispose());
            Array.ForEach(outputs, buffer => buffer.Dispose());
            Array.ForEach(indices, buffer => buffer.Dispose());
        }
    }
}
