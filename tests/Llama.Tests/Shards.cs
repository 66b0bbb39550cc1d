using Llama.Model;
using Llama.Model.Safetensors;
using Llama.Model.Sharding;
using Llama.Tests.Support;

namespace Llama.Tests;

/// <summary>Parts of tensors (<see cref="Shard"/>): put together, they are the whole.</summary>
public sealed class Shards
{
    [FsCheck.NUnit.Property(MaxTest = 60)]
    public void PutTogetherAreTheWhole(byte rowsOfARank, byte columnsOfARank, byte rankBits, bool byColumns, int seed)
    {
        var ranks = 1 << (rankBits % 4);
        var (rows, columns) = (1 + (rowsOfARank % 9), 1 + (columnsOfARank % 9));
        var kind = byColumns ? ShardKind.Columns : ShardKind.Rows;
        var (height, width) = byColumns ? (rows, columns * ranks) : (rows * ranks, columns);
        var random = new Random(seed);
        var whole = new ushort[height, width];
        var bytes = new byte[height * width * 2];
        random.NextBytes(bytes);
        Buffer.BlockCopy(bytes, 0, whole, 0, bytes.Length);
        using var folder = new TestFolder();
        SafetensorsWriter.Write(folder["x"], [new("a", TensorDataType.BFloat16, [height, width], stream => stream.Write(bytes))]);
        using var file = SafetensorsFile.Open(folder["x"]);

        var together = new ushort[height, width];
        for (var rank = 0; rank < ranks; rank++)
        {
            var shard = new Shard(file, file.Tensors["a"], kind, rank, ranks);
            Assert.That((shard.Rows, shard.Columns, shard.Bytes), Is.EqualTo(((long)rows, (long)columns, (long)rows * columns * 2)));
            var part = new ushort[rows, columns];
            // In pieces of a size that divides nothing.
            var read = new byte[shard.Bytes];
            for (var at = 0; at < read.Length; at += 7) shard.CopyTo(at, read.AsSpan(at, Math.Min(7, read.Length - at)));
            Assert.That(shard.ToArray(), Is.EqualTo(read));
            Buffer.BlockCopy(read, 0, part, 0, read.Length);
            for (var row = 0; row < rows; row++)
            {
                for (var column = 0; column < columns; column++)
                    together[row + (byColumns ? 0 : rank * rows), column + (byColumns ? rank * columns : 0)] = part[row, column];
            }
        }

        Assert.That(together, Is.EqualTo(whole));
    }

    [Test]
    public void OfAModelHaveTogetherTheBytesOfItsMatrices([ValueSource(typeof(Tiny), nameof(Tiny.All))] ModelConfig config, [Values(1, 2)] int ranks)
    {
        using var folder = new TestFolder();
        RandomCheckpoint.Write(folder.Path, config, files: 2);
        using var checkpoint = Checkpoint.Open(folder.Path);
        var parts = Enumerable.Range(0, ranks).Select(rank => new ModelWeights(checkpoint, rank, ranks)).ToArray();
        foreach (var tensor in ModelTensors.Of(config))
        {
            var bytes = checkpoint.Find(tensor.Name).Entry.Bytes;
            Assert.That(parts.Sum(part => part.Shard(tensor.Name).Bytes), Is.EqualTo(tensor.Split == ShardKind.Whole ? bytes * ranks : bytes), tensor.Name);
        }

        // A query head's rows of q are the columns of o that read it.
        var (q, o) = (parts[^1].Shard("model.layers.1.self_attn.q_proj.weight"), parts[^1].Shard("model.layers.1.self_attn.o_proj.weight"));
        Assert.That((q.Rows, q.Columns, o.Rows, o.Columns), Is.EqualTo((config.QuerySize / ranks, config.Hidden, config.Hidden, config.QuerySize / ranks)));
    }

    [Test]
    public void AreLoadedPieceByPieceWithProgress()
    {
        using var folder = new TestFolder();
        RandomCheckpoint.Write(folder.Path, Tiny.Qwen3);
        using var checkpoint = Checkpoint.Open(folder.Path);
        var weights = new ModelWeights(checkpoint, 1, 2);
        var loaded = weights.Names.ToDictionary(name => name, name => new byte[weights.Shard(name).Bytes]);
        var reports = new List<long>();
        weights.CopyTo(new byte[1000], (shard, position, bytes) => bytes.CopyTo(loaded[shard.Name].AsMemory((int)position)), new Reports(reports));
        foreach (var (name, bytes) in loaded) Assert.That(bytes, Is.EqualTo(weights.Shard(name).ToArray()), name);
        Assert.That(reports, Is.Ordered.Ascending);
        Assert.That(reports[^1], Is.EqualTo(weights.Bytes));
    }

    [Test]
    public void ThatRanksDoNotDivideAreRefused()
    {
        using var folder = new TestFolder();
        SafetensorsWriter.Write(folder["x"], [new("a", TensorDataType.BFloat16, [6, 4], stream => stream.Write(new byte[48])), new("v", TensorDataType.BFloat16, [4], stream => stream.Write(new byte[8]))]);
        using var file = SafetensorsFile.Open(folder["x"]);
        Assert.That(() => new Shard(file, file.Tensors["a"], ShardKind.Rows, 0, 4), Throws.ArgumentException.With.Message.Contain("'a' is BF16[6, 4], whose rows cannot be split over 4 ranks"));
        Assert.That(() => new Shard(file, file.Tensors["a"], ShardKind.Columns, 0, 3), Throws.ArgumentException.With.Message.Contain("columns cannot be split over 3"));
        Assert.That(() => new Shard(file, file.Tensors["v"], ShardKind.Rows, 0, 1), Throws.ArgumentException);
        Assert.That(() => new Shard(file, file.Tensors["a"], ShardKind.Rows, 2, 2), Throws.TypeOf<ArgumentOutOfRangeException>());

        RandomCheckpoint.Write(folder.Path, Tiny.Llama);
        using var checkpoint = Checkpoint.Open(folder.Path);
        Assert.That(() => new ModelWeights(checkpoint, 0, 4), Throws.ArgumentException.With.Message.Contain("num_key_value_heads is 2"));
    }

    private sealed class Reports(List<long> all) : IProgress<long>
    {
        public void Report(long value) => all.Add(value);
    }
}
