using System.Text;
using Llama.Model;
using Llama.Model.Safetensors;
using Llama.Tests.Support;

namespace Llama.Tests;

/// <summary>What <see cref="SafetensorsFile"/> reads and refuses.</summary>
public sealed class SafetensorsFiles
{
    private const string One = """{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}""";

    private TestFolder folder = null!;

    [SetUp]
    public void Begin() => folder = new();

    [TearDown]
    public void End() => folder.Dispose();

    [FsCheck.NUnit.Property(MaxTest = 60)]
    public void AreReadAsTheyWereWritten(byte count, int seed)
    {
        var random = new Random(seed);
        var contents = Enumerable.Range(0, count % 6).Select(i =>
        {
            var type = (TensorDataType)random.Next(4);
            long[] shape = [.. Enumerable.Range(0, random.Next(3)).Select(_ => (long)random.Next(5))];
            var bytes = new byte[shape.Aggregate((long)TensorDataTypes.BytesOf(type), (product, size) => product * size)];
            random.NextBytes(bytes);
            return (Name: $"t{i}", Type: type, Shape: shape, Bytes: bytes);
        }).ToArray();
        SafetensorsWriter.Write(folder["x"], [.. contents.Select(one => new TensorToWrite(one.Name, one.Type, one.Shape, stream => stream.Write(one.Bytes)))]);

        using var file = SafetensorsFile.Open(folder["x"]);
        Assert.That(file.Tensors.Keys, Is.EquivalentTo(contents.Select(one => one.Name)));
        foreach (var one in contents)
        {
            var entry = file.Tensors[one.Name];
            Assert.That((entry.Type, entry.Bytes), Is.EqualTo((one.Type, (long)one.Bytes.Length)));
            Assert.That(entry.Shape, Is.EqualTo(one.Shape));
            Assert.That(file.Bytes(entry, 0, one.Bytes.Length).ToArray(), Is.EqualTo(one.Bytes));
        }
    }

    [TestCase("{", 16, "the header is no JSON")]
    [TestCase("[]", 0, "the header is no JSON object")]
    [TestCase("""{"a":3}""", 0, "the header of 'a' is 3; expected are dtype, shape and two data_offsets")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""", 8, "expected are dtype, shape and two data_offsets")]
    [TestCase("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "expected are dtype, shape")]
    [TestCase("""{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}""", 8, "'a' is of I64; known are BF16, F16, F32, F8_E4M3")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,12]}}""", 12, "'a' is F32[2, 2], 16 bytes, and its data_offsets have 12")]
    [TestCase("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,16]}}""", 16, "larger than any file")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "'b' begins at byte")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}}""", 20, "4 bytes before 'b' belong to no tensor")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""", 16, "the tensor 'a' is there twice")]
    [TestCase(One, 15, "it is truncated: 'a' (F32[2, 2]) ends at byte")]
    [TestCase(One, 17, "1 bytes behind the last tensor belong to none")]
    public void ThatAreMalformedAreRefusedWithNamesAndPlaces(string header, int data, string text)
    {
        var path = Raw((ulong)Encoding.UTF8.GetByteCount(header), header, data);
        Assert.That(() => SafetensorsFile.Open(path), Throws.TypeOf<CheckpointException>().With.Message.Contain(text).And.Property("File").EqualTo(path));
    }

    [TestCase(0ul)]
    [TestCase(1000ul)]
    [TestCase(ulong.MaxValue)]
    public void WithAHeaderThatIsLongerThanTheFileAreRefused(ulong length) => Assert.That(
        () => SafetensorsFile.Open(Raw(length, One, 16)),
        Throws.TypeOf<CheckpointException>().With.Message.Contain($"its header would have {length} bytes").And.Message.Contain("truncated"));

    [TestCase(0)]
    [TestCase(7)]
    public void OfAFewBytesAreRefused(int bytes)
    {
        File.WriteAllBytes(folder["x"], new byte[bytes]);
        Assert.That(() => SafetensorsFile.Open(folder["x"]), Throws.TypeOf<CheckpointException>().With.Message.Contain($"it has {bytes} bytes"));
    }

    [Test]
    public void ThatAreNotThereAreRefused() => Assert.That(
        () => SafetensorsFile.Open(folder["x"]), Throws.TypeOf<CheckpointException>().With.Message.Contain("it cannot be read"));

    [Test]
    public void CutAnywhereAreRefused()
    {
        SafetensorsWriter.Write(folder["x"], [new("a", TensorDataType.Float32, [3], stream => stream.Write(new byte[12]))]);
        var bytes = File.ReadAllBytes(folder["x"]);
        for (var length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(folder["cut"], bytes[..length]);
            Assert.That(() => SafetensorsFile.Open(folder["cut"]), Throws.TypeOf<CheckpointException>(), $"{length} bytes");
        }
    }

    [Test]
    public void GiveNoBytesBeyondATensorAndNoneWhenTheyAreClosed()
    {
        SafetensorsWriter.Write(folder["x"], [new("a", TensorDataType.Float32, [3], stream => stream.Write(new byte[12]))]);
        var file = SafetensorsFile.Open(folder["x"]);
        var entry = file.Tensors["a"];
        Assert.That(() => file.Bytes(entry, 8, 8).Length, Throws.TypeOf<ArgumentOutOfRangeException>());
        file.Dispose();
        file.Dispose();
        Assert.That(() => file.Bytes(entry, 0, 4).Length, Throws.TypeOf<ObjectDisposedException>());
    }

    private string Raw(ulong length, string header, int data)
    {
        File.WriteAllBytes(folder["x"], [.. BitConverter.GetBytes(length), .. Encoding.UTF8.GetBytes(header), .. new byte[data]]);
        return folder["x"];
    }
}
